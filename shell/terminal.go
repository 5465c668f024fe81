package shell

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/term"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/lineedit/keys"
)

// rawTerminal has the terminal hand over every key as it is typed: nothing is
// echoed, no key is a signal. restore makes it again what it was, and may be
// called twice. Who asks defers it: a panic must not leave the terminal raw.
func (s *Shell) rawTerminal() (restore func(), err error) {
	if s.explains != nil {
		return func() {}, nil
	}
	if !s.In.Terminal {
		return nil, errors.New("standard input is no terminal")
	}
	fd := int(s.In.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return nil, aboutStream("the terminal", err)
	}
	return sync.OnceFunc(func() { _ = term.Restore(fd, before) }), nil // when it fails the terminal is gone
}

// A loan is our terminal in the hands of a program there: keys and bytes pass
// as they are, until it is given back.
type loan struct {
	s       *Shell
	restore func()

	mu     sync.Mutex
	traces *traces
	shown  bool // the program is there: it has shown something
	over   bool
	heard  string // news, to be said afterwards
}

// onTerminal makes the call of a program that has a terminal, which is ours.
func (s *Shell) onTerminal(ctx context.Context, in invocation, r link.Request) (codec.Pairs, error) {
	if err := s.canLend(in); err != nil {
		return nil, err
	}
	columns, rows, err := term.GetSize(int(s.Out.Fd()))
	if err != nil || columns <= 0 || rows <= 0 {
		columns, rows = 80, 24 // as on a serial line
	}
	s.out.Flush()
	l := &loan{s: s, traces: newTraces()}
	if l.restore, err = s.rawTerminal(); err != nil {
		return nil, err
	}
	s.lent.Store(l)
	defer s.lent.Store(nil)
	defer l.end()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, l.end)() // what is said from then on is said on a terminal of ours
	words := []codec.Word{codec.Bare("-t"), codec.Bare(strconv.Itoa(columns) + "x" + strconv.Itoa(rows))}
	r.Words = append(append(words, s.terminalVariables(in)...), r.Words...)
	r.Recv = func(f codec.Frame) (err error) {
		l.guard(func() { err = l.show(f) })
		return err
	}
	r.Send = func(ctx context.Context, up *link.Upstream) (err error) {
		l.guard(func() { err = l.send(ctx, up, cancel) })
		return err
	}
	return s.do(ctx, r)
}

// canLend says whether the terminal is there to be lent.
func (s *Shell) canLend(in invocation) error {
	switch {
	case in.Has("encoding"):
		return errors.New("--encoding: a terminal is UTF-8")
	case s.job != nil:
		return errors.New("-t: a job has no terminal")
	case s.input.given:
		return errors.New("-t: it is typed to, a file cannot be its input")
	case s.script:
		return errors.New("-t: standard input is the script")
	case s.explains != nil:
		return nil
	case !s.In.Terminal:
		return errors.New("-t: standard input is no terminal")
	case !s.Out.Terminal:
		return errors.New("-t: standard output is no terminal")
	}
	return nil
}

// terminalVariables are those that tell programs what our terminal can show.
func (s *Shell) terminalVariables(in invocation) []codec.Word {
	if s.conn != nil && s.conn.hello.System == "windows" {
		return nil // its consoles are all alike
	}
	var words []codec.Word
	for _, name := range []string{"TERM", "COLORTERM", "LANG", "LC_ALL", "LC_CTYPE"} {
		value := os.Getenv(name)
		if value == "" && name == "TERM" && runtime.GOOS == "windows" {
			value = "xterm-256color" // which consoles are, and do not say
		}
		if value != "" {
			words = append(words, codec.Bare("-e"), codec.Lit(name+"="+value))
		}
	}
	return words
}

// guard runs do, and gives the terminal back when that panics: in a goroutine of
// the link nobody else would.
func (l *loan) guard(do func()) {
	ok := false
	defer func() {
		if !ok {
			l.restore()
		}
	}()
	do()
	ok = true
}

// show passes on what the program shows.
func (l *loan) show(f codec.Frame) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f.Verb != codec.DATA || l.over {
		return nil
	}
	l.shown = true
	l.traces.follow(f.Body)
	_, err := l.s.Out.Write(f.Body)
	return aboutStream("standard output", err)
}

// end gives the terminal back as it was lent.
func (l *loan) end() {
	l.restore()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.over = true
	_, _ = io.WriteString(l.s.Out, l.traces.undo()) // a terminal that is gone needs none
	l.s.printed.open.Store(l.traces.open)
	if l.heard != "" {
		l.s.freshLine()
		_, _ = io.WriteString(l.s.Err, l.heard)
	}
}

const maxHeard = 16 << 10 // bytes: a program may run for days, and who says that much is not heard

// hear keeps news off a screen that is the program's, and says whether it is.
func (l *loan) hear(line string) bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.shown || l.over {
		return false
	}
	if len(l.heard)+len(line) <= maxHeard {
		l.heard += line
	}
	return true
}

// send passes on what is typed and how large the window is. leave is called
// when the person wants to be back here, whatever the program does.
func (l *loan) send(ctx context.Context, up *link.Upstream, leave context.CancelCauseFunc) error {
	var resizes sync.WaitGroup
	defer resizes.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resizes.Go(func() { l.guard(func() { l.resize(ctx, up) }) })
	typed := wayOut{fresh: true}
	through := func(b []byte) []byte {
		b, out := typed.take(b)
		if out || l.waits() && bytes.IndexByte(b, keys.CtrlC) >= 0 {
			leave(errInterrupted)
		}
		return b
	}
	for {
		err := l.s.sendTyped(ctx, up, through)
		if err != nil || ctx.Err() != nil || runtime.GOOS != "windows" {
			return err
		}
		if _, err = up.Credit(ctx, 1); err == nil { // a console gives Ctrl-Z as an end of file, and goes on
			_ = up.Write(codec.DATA, []byte{0x1a})
		}
	}
}

// waits says that nothing has come yet: the person there may still be thinking
// whether to allow it, and Ctrl-C is for us.
func (l *loan) waits() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.shown
}

// resize tells the remote how large the window is whenever that changes.
func (l *loan) resize(ctx context.Context, up *link.Upstream) {
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-l.s.Resized:
			if !ok {
				return
			}
		}
		columns, rows, err := term.GetSize(int(l.s.Out.Fd()))
		if err != nil || columns <= 0 || rows <= 0 {
			continue
		}
		_ = up.WriteWords(codec.SIZE, codec.Bare(strconv.Itoa(columns)), codec.Bare(strconv.Itoa(rows)))
		_ = up.Flush() // a link that is lost is the reader's to tell
	}
}

// A wayOut finds in what is typed the keys that lead back, those of ssh: ~ and
// a dot at the beginning of a line. ~~ is one ~.
type wayOut struct {
	fresh bool // a line begins
	tilde bool // and ~ was typed, which is not sent yet
}

// take returns what of b is for the program, and whether the person wants out.
func (w *wayOut) take(b []byte) (rest []byte, out bool) {
	for _, c := range b {
		switch {
		case w.tilde && c == '.':
			return rest, true
		case w.tilde && c != '~':
			rest = append(rest, '~', c)
		case w.fresh && !w.tilde && c == '~':
			w.tilde = true
			continue
		default:
			rest = append(rest, c)
		}
		w.tilde, w.fresh = false, c == '\r' || c == '\n'
	}
	return rest, false
}
