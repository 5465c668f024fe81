package main

import (
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/term"
)

// lookEvery is how soon another size of the window is seen.
const lookEvery = 250 * time.Millisecond

// resizes tells when the window has another size. It has to look: consoles here
// send no signal.
func resizes() (<-chan struct{}, func()) {
	out, done, over := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	size := func() [2]int {
		width, height, _ := term.GetSize(int(os.Stdout.Fd())) // no console has no size
		return [2]int{width, height}
	}
	go func() {
		defer close(over)
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for was := size(); ; {
			select {
			case <-tick.C:
			case <-done:
				return
			}
			if now := size(); now != was {
				was = now
				select {
				case out <- struct{}{}:
				default:
				}
			}
		}
	}()
	return out, func() {
		close(done)
		<-over
	}
}

// apart keeps Ctrl-C from the child.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
