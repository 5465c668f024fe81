package console

import (
	"errors"
	"io"
	"sync"

	"golang.org/x/term"
)

// RawTerminal puts the terminal into raw mode: every key is passed on when it is
// typed, nothing is echoed, no key is a signal. Restore undoes it, and may be called
// twice; the caller defers it, since a panic must not leave the terminal raw.
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
	return sync.OnceFunc(func() { _ = term.Restore(fd, before) }), nil // fails if the terminal is gone
}

// A Loan is the terminal while a remote program uses it: keys and bytes pass as they
// are until End. News that come meanwhile are kept.
type Loan struct {
	screen  *screen // whose lock guards the fields below
	restore func()

	state *TermState
	shown bool // the program has printed something
	over  bool
	news  string
}

// Lend lends the terminal, in raw mode. The caller defers Close.
func (c *Console) Lend() (*Loan, error) {
	_ = c.stdout.Flush() // the command sees the error at its end
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

// Show prints what the program prints, as it is.
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

// Waiting reports whether the program has printed nothing yet.
func (l *Loan) Waiting() bool {
	l.screen.mu.Lock()
	defer l.screen.mu.Unlock()
	return !l.shown
}

// End restores the terminal and shows the news that were kept. It may be called
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
	_, _ = io.WriteString(l.screen.out, text) // a terminal that is gone needs none
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

const maxKeptNews = 16 << 10 // bytes: a program may run for days

// keepNews keeps a line of news if the program has printed something, so that the
// line would spoil it, and reports whether it has. Before that, the line may be the
// question that the remote waits for. The caller holds the lock.
func (l *Loan) keepNews(line string) bool {
	if !l.shown || l.over {
		return false
	}
	if len(l.news)+len(line) <= maxKeptNews {
		l.news += line
	}
	return true
}
