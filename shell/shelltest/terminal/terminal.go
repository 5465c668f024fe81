//go:build unix

// Package terminal implements a terminal for tests: a pty, an emulated screen for its
// output, and a keyboard. Only tests import it.
package terminal

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Keys as sent by terminals.
const (
	Home      = "\x1b[1~"
	End       = "\x1b[F"
	Delete    = "\x1b[3~"
	Up        = "\x1b[A"
	Down      = "\x1b[B"
	Left      = "\x1b[D"
	CtrlLeft  = "\x1b[1;5D"
	CtrlRight = "\x1b[1;5C"
)

// A Terminal is a pty and an emulated screen. Output written to TTY appears on the
// screen; keys typed with Types can be read from TTY.
type Terminal struct {
	testing.TB
	TTY     *os.File
	Screen  *vt.SafeEmulator
	Resized chan struct{} // receives a value after Resize

	keys    *os.File      // the other side of the pty
	changed chan struct{} // receives a value after the screen has changed
	bells   atomic.Int64
	mu      sync.Mutex
	written []byte                   // all output, guarded by mu
	answers atomic.Pointer[[]string] // pairs of a query and its answer
	running sync.WaitGroup
	once    sync.Once
}

// New returns a Terminal with the given number of columns and rows. It is closed at
// the end of the test.
func New(t testing.TB, columns, rows int) *Terminal {
	t.Helper()
	master, tty, err := pty.Open()
	require.NoError(t, err)
	e := &Terminal{
		TB:      t,
		TTY:     tty,
		Screen:  vt.NewSafeEmulator(columns, rows),
		Resized: make(chan struct{}, 1),
		keys:    master,
		changed: make(chan struct{}, 1),
	}
	e.setSize(columns, rows)
	e.Screen.SetCallbacks(vt.Callbacks{Bell: func() { e.bells.Add(1) }})
	e.running.Go(func() { _, _ = io.Copy(io.Discard, e.Screen) }) // otherwise the screen blocks at the first query
	e.running.Go(func() { _, _ = io.Copy(output{e}, master) })
	t.Cleanup(e.Close)
	return e
}

// SetAnswers sets the terminal's answers to queries, as pairs of a query and its
// answer. Several queries in one write are answered in the order of the pairs.
func (e *Terminal) SetAnswers(pairs ...string) { e.answers.Store(&pairs) }

// output is an io.Writer that writes to the screen, answers queries and reports the
// change.
type output struct{ *Terminal }

func (o output) Write(p []byte) (int, error) {
	o.mu.Lock()
	o.written = append(o.written, p...)
	o.mu.Unlock()
	n, err := o.Screen.Write(p)
	if answers := o.answers.Load(); answers != nil {
		for pair := range slices.Chunk(*answers, 2) {
			if strings.Contains(string(p), pair[0]) {
				_, _ = o.keys.WriteString(pair[1])
			}
		}
	}
	select {
	case o.changed <- struct{}{}:
	default:
	}
	return n, err
}

// Written returns all output since the beginning.
func (e *Terminal) Written() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return string(e.written)
}

// Close closes the terminal. It may be called before the end of the test.
func (e *Terminal) Close() {
	e.once.Do(func() {
		_ = e.TTY.Close()
		_, _ = e.keys.WriteString("\n") // ends a pending read of TTY; such a read would keep TTY open
		_ = e.keys.Close()
		_ = e.Screen.InputPipe().(io.Closer).Close() // ends reads of Screen; Screen.Close would cause a race
		e.running.Wait()
	})
}

func (e *Terminal) setSize(columns, rows int) {
	e.Helper()
	require.NoError(e, pty.Setsize(e.keys, &pty.Winsize{Rows: uint16(rows), Cols: uint16(columns)}))
}

// Resize changes the size of the window. It first writes the text of the parameter
// meanwhile to the screen, to imitate how a terminal rearranges its contents.
func (e *Terminal) Resize(columns, rows int, meanwhile string) {
	e.Helper()
	_, _ = e.Screen.Write([]byte(meanwhile))
	e.Screen.Resize(columns, rows)
	e.setSize(columns, rows)
	select {
	case e.Resized <- struct{}{}:
	default: // the last value was not received yet
	}
}

// Types sends keys to the terminal, as if a user had typed them.
func (e *Terminal) Types(keys ...string) {
	e.Helper()
	_, err := e.keys.WriteString(strings.Join(keys, ""))
	require.NoError(e, err)
}

// Rows returns the rows of the screen, without spaces at the ends of rows and without
// empty rows at the end.
func (e *Terminal) Rows() []string {
	rows := strings.Split(ansi.Strip(e.Screen.Render()), "\n")
	for i, r := range rows {
		rows[i] = strings.TrimRight(r, " \r")
	}
	for len(rows) > 0 && rows[len(rows)-1] == "" {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// Sees waits until the screen shows exactly these rows.
func (e *Terminal) Sees(want ...string) {
	e.Helper()
	if !e.waitsFor(func(rows []string) bool { return assert.ObjectsAreEqual(want, rows) }) {
		require.Equal(e, want, e.Rows())
	}
}

// SeesLast waits until the screen ends with these rows.
func (e *Terminal) SeesLast(want ...string) {
	e.Helper()
	last := strings.Join(want, "\n")
	e.Until(func(rows []string) bool { return strings.HasSuffix(strings.Join(rows, "\n"), last) })
}

// SeesAbove waits until the last row is the text of the parameter last and there are rows
// above it. It returns the rows above the last row.
func (e *Terminal) SeesAbove(last string) (above []string) {
	e.Helper()
	e.Until(func(rows []string) bool {
		n := len(rows)
		above = rows[:max(n-1, 0)]
		return n > 1 && rows[n-1] == last
	})
	return above
}

// Until waits until the rows of the screen satisfy a condition.
func (e *Terminal) Until(is func(rows []string) bool) {
	e.Helper()
	if !e.waitsFor(is) {
		require.FailNow(e, "the screen does not show what is expected", "%q", e.Rows())
	}
}

// UntilText waits until the text of the screen, with its rows joined by line feeds,
// satisfies a condition. The error message is "the screen does not " and the text of the
// parameter what.
func (e *Terminal) UntilText(what string, does func(text string) bool) {
	e.Helper()
	if !e.waitsFor(func(rows []string) bool { return does(strings.Join(rows, "\n")) }) {
		require.FailNow(e, "the screen does not "+what, "%s", strings.Join(e.Rows(), "\n"))
	}
}

func (e *Terminal) waitsFor(is func(rows []string) bool) bool {
	timeout := time.NewTimer(Timeout)
	defer timeout.Stop()
	for !is(e.Rows()) {
		select {
		case <-e.changed:
		case <-timeout.C:
			return false
		}
	}
	return true
}

// SeesCursor waits until the cursor is in the given column and row.
func (e *Terminal) SeesCursor(column, row int) {
	e.Helper()
	if !e.waitsFor(func([]string) bool {
		p := e.Screen.CursorPosition()
		return p.X == column && p.Y == row
	}) {
		p := e.Screen.CursorPosition()
		require.Equal(e, fmt.Sprint(column, row), fmt.Sprint(p.X, p.Y), "the cursor")
	}
}

// Bells returns how often the bell has rung.
func (e *Terminal) Bells() int64 { return e.bells.Load() }

// SeesBell waits until the bell has rung again. The parameter before is an earlier result
// of Bells.
func (e *Terminal) SeesBell(before int64) {
	e.Helper()
	e.Until(func([]string) bool { return e.Bells() > before })
}

// Timeout is how long to wait for a change of the screen.
const Timeout = time.Minute
