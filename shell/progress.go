package shell

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"techsh/codec"
)

const (
	progressAfter = 400 * time.Millisecond // shorter transfers show none
	progressEvery = 200 * time.Millisecond
)

// A progress is the line that shows how far a transfer is: on standard error,
// only on a terminal, and gone when it is over.
type progress struct {
	w     io.Writer
	width func() int
	start time.Time
	done  atomic.Int64
	mu    sync.Mutex
	name  string
	total int64 // of the current file, or less than 0
	base  int64 // done before the current file
	stop  chan struct{}
	over  chan struct{}
}

// progress begins to show one. On no terminal it only counts.
func (s *Shell) progress() *progress {
	p := &progress{w: s.Err, start: time.Now(), stop: make(chan struct{}), over: make(chan struct{})}
	p.width = func() int {
		if w, _, err := term.GetSize(int(s.Err.Fd())); err == nil && w > 0 {
			return w
		}
		return 80
	}
	if s.Err.Terminal {
		go p.run()
	} else {
		close(p.over)
	}
	return p
}

// file says which file is on its way now.
func (p *progress) file(e codec.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.name, p.total, p.base = e.Name, e.Size, p.done.Load()
}

// add counts n more bytes.
func (p *progress) add(n int64) { p.done.Add(n) }

// end removes the line.
func (p *progress) end() {
	close(p.stop)
	<-p.over
}

func (p *progress) run() {
	defer close(p.over)
	timer := time.NewTimer(progressAfter)
	defer timer.Stop()
	shown := false
	for {
		select {
		case <-timer.C:
			fmt.Fprint(p.w, "\r"+ansi.Truncate(p.line(time.Since(p.start)), p.width()-1, "…")+"\x1b[K")
			shown = true
			timer.Reset(progressEvery)
		case <-p.stop:
			if shown {
				fmt.Fprint(p.w, "\r\x1b[K")
			}
			return
		}
	}
}

// line is what the line says after that time: percent, rate, time left, name.
func (p *progress) line(after time.Duration) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	done := p.done.Load()
	rate := float64(done) / max(after.Seconds(), 0.001)
	here := done - p.base
	if p.total < 0 {
		return fmt.Sprintf("%s  %s/s  %s", size(here), size(int64(rate)), codec.Name(p.name))
	}
	percent, left := 100.0, time.Duration(0)
	if p.total > 0 {
		percent = 100 * float64(here) / float64(p.total)
	}
	if rate > 0 {
		left = time.Duration(float64(p.total-here) / rate * float64(time.Second))
	}
	return fmt.Sprintf("%3.0f%% of %s  %s/s  %s left  %s", percent, size(p.total), size(int64(rate)), leftText(left), codec.Name(p.name))
}

func leftText(d time.Duration) string {
	s := int(d.Seconds() + 0.5)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
