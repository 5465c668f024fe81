package console

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"golang.org/x/term"
)

// RawTerminal has the terminal hand over every key as it is typed: nothing is
// echoed, no key is a signal. Restore undoes it, and may be called twice; the
// caller defers it, since a panic must not leave the terminal raw.
func (c *Console) RawTerminal() (restore func(), err error) {
	if c.DryRun {
		return func() {}, nil
	}
	if !c.In.Terminal {
		return nil, errors.New("standard input is no terminal")
	}
	fd := int(c.In.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return nil, AboutStream("the terminal", err)
	}
	return sync.OnceFunc(func() { _ = term.Restore(fd, before) }), nil // when it fails the terminal is gone
}

// A Loan is the terminal in the hands of a remote program: keys and bytes pass
// as they are, until End gives it back. News are kept until then.
type Loan struct {
	c       *Console
	restore func()

	mu    sync.Mutex
	state *TermState
	shown bool // the program has shown something
	over  bool
	news  string
}

// Lend lends the terminal, in raw mode. The caller defers Close.
func (c *Console) Lend() (*Loan, error) {
	_ = c.stdout.Flush() // an error is the command's in the end
	restore, err := c.RawTerminal()
	if err != nil {
		return nil, err
	}
	l := &Loan{c: c, restore: restore, state: NewTermState()}
	c.screen.loan.Store(l)
	return l, nil
}

// Guard calls do. If do panics, the mode of the terminal is restored first: a panic
// in a goroutine of the link runs no deferred functions of the command.
func (l *Loan) Guard(do func()) {
	returned := false
	defer func() {
		if !returned {
			l.restore()
		}
	}()
	do()
	returned = true
}

// Show passes on what the program shows.
func (l *Loan) Show(b []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil
	}
	l.shown = true
	l.state.Follow(b)
	_, err := l.c.Out.raw().Write(b)
	return AboutStream("standard output", err)
}

// Waiting reports whether the program has shown nothing yet.
func (l *Loan) Waiting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.shown
}

// End gives the terminal back as it was lent, and shows the news that came
// meanwhile. It may be called twice.
func (l *Loan) End() {
	l.restore()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	l.over = true
	text, open := l.state.Undo()
	_, _ = io.WriteString(l.c.Out.raw(), text) // a terminal that is gone needs none
	l.c.screen.setOpen(open)
	if l.news != "" {
		l.c.FreshLine()
		fmt.Fprint(l.c.Err, l.news)
	}
}

// Close ends the loan: news are shown again.
func (l *Loan) Close() {
	l.End()
	l.c.screen.loan.Store(nil)
}

const maxKeptNews = 16 << 10 // bytes: a program may run for days

// keep keeps news off a screen that is a program's, and reports whether it is.
func (s *screen) keep(line string) bool {
	l := s.loan.Load()
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.shown || l.over {
		return false
	}
	if len(l.news)+len(line) <= maxKeptNews {
		l.news += line
	}
	return true
}
