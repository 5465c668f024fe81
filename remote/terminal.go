package remote

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"techsh/codec"
)

const maxSide = 1<<15 - 1 // columns or rows of a terminal, as Windows has them

// A terminal is the other end of what a program takes for its window: what is
// typed goes in, what it shows comes out.
type terminal struct {
	in, out *os.File

	mu  sync.Mutex
	pty pty // nil: the program is gone
}

// A pty is what a system has for it.
type pty interface {
	Resize(columns, rows int) error
	Close() error
}

// take takes a frame SIZE. Without a terminal it means nothing.
func (t *terminal) take(f codec.Frame) error {
	if t == nil {
		return nil
	}
	words, err := f.Words()
	if err != nil {
		return err
	}
	var columns, rows int
	ok := len(words) == 2
	if ok {
		columns, rows, ok = parseSize(words[0].Text, words[1].Text)
	}
	if !ok {
		return codec.Errorf(codec.BadRequest, "SIZE says COLUMNS ROWS, each from 1 to %d", maxSide)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pty != nil {
		_ = t.pty.Resize(columns, rows) // a program may have ended just now
	}
	return nil
}

// close lets what the program has shown come to an end.
func (t *terminal) close() {
	t.mu.Lock()
	p := t.pty
	t.pty = nil
	t.mu.Unlock()
	p.Close()
}

// startTerminal starts cmd in a terminal of its own.
func startTerminal(cmd *exec.Cmd, columns, rows int) (*process, error) {
	t := &terminal{}
	p := &process{cmd: cmd, group: newSession(cmd, t), terminal: t, gone: make(chan struct{})}
	if err := t.start(cmd, columns, rows); err != nil {
		p.group.close()
		return nil, err
	}
	p.group.started(cmd)
	p.in = newInlet(t.in, t)
	p.outputs = []output{{t.out, codec.DATA, 64 << 10}}
	return p, nil
}

// size returns what -t asks for; ok is false without it.
func (r *request) size() (columns, rows int, ok bool, err error) {
	text, ok := r.args.Value("t")
	if !ok {
		return 0, 0, false, nil
	}
	wide, high, _ := strings.Cut(text, "x")
	if columns, rows, ok = parseSize(wide, high); !ok {
		return 0, 0, false, codec.Explain(text, codec.Errorf(codec.BadRequest, "a size is COLUMNSxROWS, each from 1 to %d", maxSide))
	}
	return columns, rows, true, nil
}

func parseSize(wide, high string) (columns, rows int, ok bool) {
	columns, err1 := strconv.Atoi(wide)
	rows, err2 := strconv.Atoi(high)
	return columns, rows, err1 == nil && err2 == nil && columns > 0 && rows > 0 && columns <= maxSide && rows <= maxSide
}
