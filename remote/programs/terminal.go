package programs

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"techsh/codec"
	"techsh/remote/verb"
)

const maxSide = 1<<15 - 1 // columns or rows of a terminal; the limit of Windows

// A terminal is the server's end of the pseudo terminal of a program: input is written to
// it, and output is read from it.
type terminal struct {
	in, out *os.File

	mu  sync.Mutex
	pty pty // nil after the program has ended
}

// A pty is a pseudo terminal of the operating system.
type pty interface {
	Resize(columns, rows int) error
	Close() error
}

// resize handles a frame SIZE. It does nothing if the program has no terminal (t is nil)
// or has ended.
func (t *terminal) resize(f codec.Frame) error {
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
		return codec.Errorf(codec.BadRequest, "SIZE needs COLUMNS ROWS, each from 1 to %d", maxSide)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pty != nil {
		_ = t.pty.Resize(columns, rows) // fails if the program has just ended
	}
	return nil
}

// close closes the terminal, which ends the output.
func (t *terminal) close() {
	t.mu.Lock()
	p := t.pty
	t.pty = nil
	t.mu.Unlock()
	p.Close()
}

// startTerminal starts cmd in a terminal of its own.
func startTerminal(cmd *exec.Cmd, guard *guard, columns, rows int) (*process, error) {
	t := &terminal{}
	p := &process{cmd: cmd, guard: guard, group: newSession(cmd, t), terminal: t, gone: make(chan struct{})}
	var err error
	p.record, err = guard.start(cmd, nil, func() error { return t.start(cmd, columns, rows) })
	if err != nil {
		p.group.close()
		return nil, err
	}
	p.group.started(cmd)
	p.in = newStdinQueue(t.in, t)
	p.outputs = []output{{t.out, codec.DATA, 64 << 10}}
	return p, nil
}

// terminalSize returns the value of -t; ok is false if it was not given.
func terminalSize(r *verb.Request) (columns, rows int, ok bool, err error) {
	text, ok := r.Args.Value("t")
	if !ok {
		return 0, 0, false, nil
	}
	wide, high, _ := strings.Cut(text, "x")
	if columns, rows, ok = parseSize(wide, high); !ok {
		err := codec.Errorf(codec.BadRequest, "a size is COLUMNSxROWS, each from 1 to %d", maxSide)
		return 0, 0, false, codec.Explain(text, err)
	}
	return columns, rows, true, nil
}

func parseSize(wide, high string) (columns, rows int, ok bool) {
	columns, err1 := strconv.Atoi(wide)
	rows, err2 := strconv.Atoi(high)
	inRange := func(n int) bool { return n > 0 && n <= maxSide }
	return columns, rows, err1 == nil && err2 == nil && inRange(columns) && inRange(rows)
}
