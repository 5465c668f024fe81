package shell

import (
	"fmt"
	"io"
	"strings"
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
	stop  chan struct{}
	over  chan struct{}

	mu      sync.Mutex
	columns int // of what is shown; 0 is nothing
	hidden  bool
	doing   string // instead of numbers
	several bool   // more than one file is on its way
	files   int64  // begun
	name    string // of the current file
	base    int64  // done before the current file
	have    int64  // of the current file, from an earlier time
	total   int64  // of the current file, or less than 0
	ofFiles int64  // of all, or less than 0
	ofBytes int64
	rate    float64 // bytes a second, of late
	seen    int64   // done when the rate was last looked at
	at      time.Duration
}

// progress begins to show one. On no terminal it only counts.
func (s *Shell) progress() *progress {
	p := &progress{w: s.Err, start: time.Now(), doing: "waiting for an answer", total: codec.Unknown, ofFiles: codec.Unknown, stop: make(chan struct{}), over: make(chan struct{})}
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

// hide keeps the line away.
func (p *progress) hide() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.hidden = true
}

// does says what is being done, until a file begins.
func (p *progress) does(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doing = what
}

// all says that it is about several files, and how many and how much, less
// than 0 when that is not known.
func (p *progress) all(files, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.several, p.ofFiles, p.ofBytes = true, files, bytes
}

// file says which file is on its way now.
func (p *progress) file(e codec.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Kind != codec.Folder {
		p.files++
	}
	p.doing, p.name, p.total, p.base = "", e.Name, e.Size, p.done.Load()
	p.have, _ = e.More.Int("from")
}

// add counts n more bytes.
func (p *progress) add(n int64) { p.done.Add(n) }

// aside does something else with the terminal: the line is gone meanwhile.
func (p *progress) aside(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	do()
}

// stopped says how much there is of the current file, and how much there
// should be, which may be less than 0.
func (p *progress) stopped() (here, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done.Load() - p.base + p.have, p.total
}

// end removes the line.
func (p *progress) end() {
	close(p.stop)
	<-p.over
}

func (p *progress) run() {
	defer close(p.over)
	timer := time.NewTimer(progressAfter)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			p.draw()
			timer.Reset(progressEvery)
		case <-p.stop:
			p.aside(func() {})
			return
		}
	}
}

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hidden {
		return
	}
	// the ^C that a terminal shows must not wrap it
	line := p.line(time.Since(p.start), p.width()-3)
	fmt.Fprint(p.w, p.back()+line+"\x1b[K")
	p.columns = ansi.StringWidth(line)
}

// back goes to the beginning of what is shown: in a window that has become
// narrower that is rows above.
func (p *progress) back() string {
	if above := (p.columns - 1) / max(p.width(), 1); above > 0 {
		return fmt.Sprintf("\x1b[%dA\r\x1b[J", above)
	}
	return "\r"
}

// erase is for who has the lock.
func (p *progress) erase() {
	if p.columns > 0 {
		fmt.Fprint(p.w, p.back()+"\x1b[K")
	}
	p.columns = 0
}

// line is what the line says after that time: how many files, percent, size,
// rate, time left, name. It has that width at most; where that is too little,
// the rate goes first, and the name last.
func (p *progress) line(after time.Duration, width int) string {
	if p.doing != "" {
		return ansi.Truncate(p.doing, width, "…")
	}
	done := p.done.Load()
	p.gauge(done, after)
	here, total := done-p.base+p.have, p.total
	var files, part, whole, left string
	if p.several {
		here, total = done, codec.Unknown
		files = count(p.files, "file") + "  "
		if p.ofFiles >= 0 {
			total = max(p.ofBytes, done)
			files = fmt.Sprintf("%d of %s  ", min(p.files, p.ofFiles), count(p.ofFiles, "file"))
		}
	}
	rate := size(int64(p.rate)) + "/s  "
	if total < 0 {
		part = size(here) + "  "
		whole = part
	} else {
		percent, rest := 100.0, time.Duration(0)
		if total > 0 {
			percent = 100 * float64(here) / float64(total)
		}
		if p.rate > 0 {
			rest = time.Duration(float64(total-here) / p.rate * float64(time.Second))
		}
		part = fmt.Sprintf("%3.0f%%", percent)
		whole = part + " of " + size(total) + "  "
		part += "  "
		left = leftText(rest) + " left  "
	}
	name := codec.Name(p.name)
	for _, line := range []string{files + whole + rate + left, files + whole + left, part + left} {
		if room := width - ansi.StringWidth(line); ansi.StringWidth(name) <= room || room >= 8 {
			return line + shorten(name, room)
		}
	}
	return ansi.Truncate(strings.TrimRight(part+left, " "), width, "…")
}

// gauge makes the rate that of the last seconds rather than of all the time.
func (p *progress) gauge(done int64, after time.Duration) {
	passed := after - p.at
	if passed <= 0 {
		return
	}
	now := float64(done-p.seen) / passed.Seconds()
	weight := min(1, max(passed.Seconds()/3, passed.Seconds()/after.Seconds()))
	p.rate += (now - p.rate) * weight
	p.seen, p.at = done, after
}

// shorten cuts the beginning of a name that is wider than room.
func shorten(name string, room int) string {
	short := name
	for cut := ansi.StringWidth(name) - room + 1; ansi.StringWidth(short) > room; cut++ { // some runes are two wide
		short = ansi.TruncateLeft(name, cut, "…")
	}
	return short
}
