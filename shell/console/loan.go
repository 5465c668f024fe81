package console

import (
	"errors"
	"io"
	"sync"

	"golang.org/x/term"
)

// RawTerminal puts the terminal into raw mode: each key is passed on immediately, without
// echo, and no key causes a signal. The function restore returns the terminal to its
// previous mode, and may be called twice. The caller must defer restore, because a panic
// must not leave the terminal in raw mode.
func (c *Console) RawTerminal() (restore func(), err error) {
	if c.DryRun {
		return func() {}, nil
	}
	if !c.In.Terminal {
		return nil, errors.New("standard input is not a terminal")
	}
	fd := int(c.In.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return nil, AboutStream("the terminal", err)
	}
	return sync.OnceFunc(func() { _ = term.Restore(fd, before) }), nil // Restore fails if the terminal was closed
}

// A Loan lets a remote program use the terminal. Until End is called, keys and output are
// passed on unchanged, and text that Console.Announce would show is held back.
type Loan struct {
	screen  *screen // its lock guards the fields below
	restore func()

	state *TermState
	shown bool // the program has printed something
	over  bool
	news  string
}

// Lend puts the terminal into raw mode and lends it to a remote program. The caller must
// defer Close.
func (c *Console) Lend() (*Loan, error) {
	_ = c.stdout.Flush() // the error is returned when the command ends
	restore, err := c.RawTerminal()
	if err != nil {
		return nil, err
	}
	l := &Loan{screen: c.screen, restore: restore, state: NewTermState()}
	c.screen.setLoan(l)
	return l, nil
}

func (s *screen) setLoan(l *Loan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	s.loan = l
}

// Guard calls the function do. If do panics, Guard first restores the mode of the
// terminal, because a panic in a goroutine of the link does not run the deferred
// functions of the command.
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

// Show prints the output of the program unchanged.
func (l *Loan) Show(b []byte) error {
	l.screen.mu.Lock()
	defer l.screen.mu.Unlock()
	if l.over {
		return nil
	}
	l.shown = true
	l.state.Follow(b)
	_, err := l.screen.out.Write(b)
	return AboutStream("standard output", err)
}

// Waiting reports whether the program has not printed anything yet.
func (l *Loan) Waiting() bool {
	l.screen.mu.Lock()
	defer l.screen.mu.Unlock()
	return !l.shown
}

// End restores the terminal and shows the news that was held back. It may be called
// twice.
func (l *Loan) End() {
	l.restore()
	l.screen.mu.Lock()
	defer l.screen.mu.Unlock()
	if l.over {
		return
	}
	l.over = true
	text, open := l.state.Undo()
	_, _ = io.WriteString(l.screen.out, text) // the write fails if the terminal was closed
	if l.screen.open = nil; open {
		l.screen.open = &l.screen.out
	}
	if l.news != "" {
		l.screen.printLocked(l.news, false)
	}
}

// Close ends the loan.
func (l *Loan) Close() {
	l.End()
	l.screen.setLoan(nil)
}

const maxKeptNews = 16 << 10 // in bytes; there is a limit because a program may run for days

// keepNews holds back a line of news if the program has printed something, because the
// line would disturb the output of the program. keepNews reports whether it has held back
// the line. If not, the caller must show the line, which may explain what the remote is
// waiting for. The screen's lock must be held.
func (l *Loan) keepNews(line string) bool {
	if !l.shown || l.over {
		return false
	}
	if len(l.news)+len(line) <= maxKeptNews {
		l.news += line
	}
	return true
}
