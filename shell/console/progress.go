package console

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/charmbracelet/x/ansi"

	"techsh/codec"
)

const (
	progressAfter = 400 * time.Millisecond // shorter transfers show no progress
	progressEvery = 200 * time.Millisecond
)

// A Progress shows a status line for a transfer on standard error, if that is a
// terminal. Its methods may be called concurrently.
type Progress struct {
	screen *screen
	start  time.Time
	done   atomic.Int64
	stop   chan struct{}
	over   chan struct{}

	mu       sync.Mutex
	hidden   bool
	activity string // shown instead of the numbers; "" means that the numbers are shown
	several  bool   // several files are transferred
	files    int64  // number of files that were begun
	name     string // the name of the current file
	base     int64  // the value of done at the start of the current file
	have     int64  // number of bytes of the current file that came from an earlier transfer
	total    int64  // size of the current file in bytes; negative if unknown
	ofFiles  int64  // number of all files; negative if unknown
	ofBytes  int64
	rate     float64       // average of the last seconds, in bytes per second
	seen     int64         // the value of done at the last update of rate
	at       time.Duration // the time from start to the last update of rate
}

// NewProgress returns a Progress, which is shown until End is called.
func (c *Console) NewProgress() *Progress {
	p := &Progress{
		screen:   c.screen,
		start:    time.Now(),
		activity: "waiting for an answer",
		total:    codec.Unknown,
		ofFiles:  codec.Unknown,
		stop:     make(chan struct{}),
		over:     make(chan struct{}),
	}
	if c.Err.Terminal {
		go p.run()
	} else {
		close(p.over)
	}
	return p
}

// Hide erases the status line permanently.
func (p *Progress) Hide() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen.setStatus("")
	p.hidden = true
}

// SetActivity shows an activity in the status line, in place of the numbers, until the
// next call of BeginFile.
func (p *Progress) SetActivity(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.activity = what
}

// SetTotals says that several files are transferred, and sets the total numbers of files
// and bytes, which are negative if unknown.
func (p *Progress) SetTotals(files, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.several, p.ofFiles, p.ofBytes = true, files, bytes
}

// BeginFile sets the current file.
func (p *Progress) BeginFile(e codec.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Kind != codec.Folder {
		p.files++
	}
	p.activity, p.name, p.total, p.base = "", e.Name, e.Size, p.done.Load()
	p.have, _ = e.More.Int("from")
}

// Add adds n to the transferred bytes of the current file.
func (p *Progress) Add(n int64) { p.done.Add(n) }

// Current returns the name of the current file, the number of its bytes that were
// transferred, and its size. The name is "" before the first file, and the size is
// negative if unknown.
func (p *Progress) Current() (name string, have, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.name, p.done.Load() - p.base + p.have, p.total
}

// End erases the status line.
func (p *Progress) End() {
	close(p.stop)
	<-p.over
}

func (p *Progress) run() {
	defer close(p.over)
	timer := time.NewTimer(progressAfter)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			p.draw()
			timer.Reset(progressEvery)
		case <-p.stop:
			p.screen.setStatus("")
			return
		}
	}
}

func (p *Progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hidden {
		return
	}
	width := p.screen.width() - 3 // leave room for the ^C that a terminal shows
	p.screen.setStatus(p.line(time.Since(p.start), width))
}

// line returns the status line. after is the time since start. The line contains files,
// percent, size, rate, time left and name. If it is wider than width, the rate is
// omitted first and the name last.
func (p *Progress) line(after time.Duration, width int) string {
	if p.activity != "" {
		return ansi.Truncate(p.activity, width, "…")
	}
	done := p.done.Load()
	p.updateRate(done, after)
	have, total := done-p.base+p.have, p.total
	var files, part, whole, left string
	if p.several {
		have, total = done, codec.Unknown
		files = Count(p.files, "file") + "  "
		if p.ofFiles >= 0 {
			total = max(p.ofBytes, done)
			files = fmt.Sprintf("%d of %s  ", min(p.files, p.ofFiles), Count(p.ofFiles, "file"))
		}
	}
	rate := FormatSize(int64(p.rate)) + "/s  "
	if total < 0 {
		part = FormatSize(have) + "  "
		whole = part
	} else {
		percent, rest := 100.0, time.Duration(0)
		if total > 0 {
			percent = 100 * float64(have) / float64(total)
		}
		if p.rate > 0 {
			rest = time.Duration(float64(total-have) / p.rate * float64(time.Second))
		}
		part = fmt.Sprintf("%3.0f%%", percent)
		whole = part + " of " + FormatSize(total) + "  "
		part += "  "
		left = FormatClock(rest) + " left  "
	}
	name := codec.Name(p.name)
	for _, line := range []string{files + whole + rate + left, files + whole + left, part + left} {
		if room := width - ansi.StringWidth(line); ansi.StringWidth(name) <= room || room >= 8 {
			return line + truncateLeft(name, room)
		}
	}
	return ansi.Truncate(strings.TrimRight(part+left, " "), width, "…")
}

// updateRate updates the average rate; the last seconds have most weight.
func (p *Progress) updateRate(done int64, after time.Duration) {
	passed := after - p.at
	if passed <= 0 {
		return
	}
	now := float64(done-p.seen) / passed.Seconds()
	weight := min(1, max(passed.Seconds()/3, passed.Seconds()/after.Seconds()))
	p.rate += (now - p.rate) * weight
	p.seen, p.at = done, after
}

// truncateLeft removes the beginning of a name that is wider than room.
func truncateLeft(name string, room int) string {
	short := name
	for cut := ansi.StringWidth(name) - room + 1; ansi.StringWidth(short) > room; cut++ { // some runes take two columns
		short = ansi.TruncateLeft(name, cut, "…")
	}
	return short
}
