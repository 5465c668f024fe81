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
	progressAfter = 400 * time.Millisecond // shorter transfers show none
	progressEvery = 200 * time.Millisecond
)

// A Progress is the status line of a transfer, on standard error. Only a terminal
// shows it. Its methods may be called by several goroutines.
type Progress struct {
	screen *screen
	start  time.Time
	done   atomic.Int64
	stop   chan struct{}
	over   chan struct{}

	mu       sync.Mutex
	hidden   bool
	activity string // shown in place of numbers, or ""
	several  bool   // several files are transferred
	files    int64  // that have begun
	name     string // of the current file
	base     int64  // the value of done when the current file began
	have     int64  // bytes of the current file from an earlier transfer
	total    int64  // bytes of the current file, or less than 0
	ofFiles  int64  // of all files, or less than 0
	ofBytes  int64
	rate     float64       // bytes a second, of the last seconds
	seen     int64         // the value of done when the rate was last updated
	at       time.Duration // when that was, since start
}

// NewProgress returns a Progress that is shown from now on. The caller calls End.
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

// Hide erases the line for good.
func (p *Progress) Hide() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen.setStatus("")
	p.hidden = true
}

// SetActivity shows what is being done, until a file begins.
func (p *Progress) SetActivity(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.activity = what
}

// SetTotals tells that several files are transferred, and how many files and bytes
// there are; less than 0 is unknown.
func (p *Progress) SetTotals(files, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.several, p.ofFiles, p.ofBytes = true, files, bytes
}

// BeginFile tells which file is transferred now.
func (p *Progress) BeginFile(e codec.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Kind != codec.Folder {
		p.files++
	}
	p.activity, p.name, p.total, p.base = "", e.Name, e.Size, p.done.Load()
	p.have, _ = e.More.Int("from")
}

// Add counts n more bytes of the current file.
func (p *Progress) Add(n int64) { p.done.Add(n) }

// Current returns the name of the current file, or "", how many bytes of it have
// been transferred, and how many it has, or less than 0.
func (p *Progress) Current() (name string, have, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.name, p.done.Load() - p.base + p.have, p.total
}

// End erases the line.
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
	width := p.screen.width() - 3 // the ^C that a terminal shows must not wrap the line
	p.screen.setStatus(p.line(time.Since(p.start), width))
}

// line returns the line at a time since start: files, percent, size, rate, time left,
// name. Where that is wider than width, the rate is left out first and the name last.
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

// updateRate updates the rate, in which the last seconds weigh most.
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
	for cut := ansi.StringWidth(name) - room + 1; ansi.StringWidth(short) > room; cut++ { // some runes are two wide
		short = ansi.TruncateLeft(name, cut, "…")
	}
	return short
}
