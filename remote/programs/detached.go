package programs

import (
	"os"
	"slices"
	"sync"
)

// detachedProcs are the programs that RUN has started and that are still running. They
// may outlive the session and the server, which do not wait for them.
type detachedProcs struct {
	mu   sync.Mutex
	live []detachedProc
}

type detachedProc struct {
	peer    string
	process *os.Process
}

func (d *detachedProcs) add(peer string, p *os.Process) {
	d.sweep()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live = append(d.live, detachedProc{peer, p})
}

// sweep removes the processes that have ended, and releases them.
func (d *detachedProcs) sweep() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live = slices.DeleteFunc(d.live, func(l detachedProc) bool {
		over := hasEnded(l.process)
		if over {
			_ = l.process.Release()
		}
		return over
	})
}

// of returns the pids of the processes that a peer has started, in any of its sessions.
func (d *detachedProcs) of(peer string) (pids []int) {
	d.sweep()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.live {
		if l.peer == peer {
			pids = append(pids, l.process.Pid)
		}
	}
	return pids
}
