//go:build unix

package shell

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A desk is an editor at a terminal, and somebody who types and looks.
type desk struct {
	*testing.T
	ed      *editor
	keys    *os.File // the terminal's other side
	tty     *os.File
	screen  *vt.SafeEmulator
	resized chan struct{}
	lines   chan answer
}

type answer struct {
	line string
	err  error
}

type completeFunc func(ctx context.Context, line string, pos int) completion

func newDesk(t *testing.T, width, height int, complete completeFunc) *desk {
	t.Helper()
	master, tty, err := pty.Open()
	require.NoError(t, err)
	d := &desk{
		T: t, keys: master, tty: tty, screen: vt.NewSafeEmulator(width, height),
		resized: make(chan struct{}, 1), lines: make(chan answer, 1),
	}
	d.resize(width, height)
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(io.Discard, d.screen) }) // or it blocks at the first question
	wg.Go(func() { _, _ = io.Copy(d.screen, master) })
	d.ed, err = newEditor(editorConfig{In: tty, Out: struct{ *os.File }{tty}, Err: tty, Resized: d.resized, Complete: complete})
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, d.ed.Close())
		_ = tty.Close()
		_, _ = master.WriteString("\n") // ends a read of tty, which cannot be interrupted and holds it open
		_ = master.Close()
		_ = d.screen.InputPipe().(io.Closer).Close() // ends its Read; Close would race with that
		wg.Wait()
	})
	return d
}

func (d *desk) resize(width, height int) {
	d.Helper()
	require.NoError(d, pty.Setsize(d.keys, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}))
}

func (d *desk) prompt(prompt string) {
	go func() {
		line, err := d.ed.ReadLine(prompt)
		d.lines <- answer{line, err}
	}()
}

// start shows the prompt "> " and waits for it.
func (d *desk) start() {
	d.Helper()
	d.prompt("> ")
	d.sees(">")
}

func (d *desk) types(keys ...string) {
	d.Helper()
	_, err := d.keys.WriteString(strings.Join(keys, ""))
	require.NoError(d, err)
}

func (d *desk) rows() []string {
	rows := strings.Split(ansi.Strip(d.screen.Render()), "\n")
	for i, r := range rows {
		rows[i] = strings.TrimRight(r, " \r")
	}
	for len(rows) > 0 && rows[len(rows)-1] == "" {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// sees waits until the screen is these rows.
func (d *desk) sees(want ...string) {
	d.Helper()
	var got []string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if got = d.rows(); assert.ObjectsAreEqual(want, got) {
			return
		}
	}
	require.Equal(d, want, got)
}

// cursor waits until the cursor is there.
func (d *desk) cursor(col, row int) {
	d.Helper()
	var x, y int
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		p := d.screen.CursorPosition()
		if x, y = p.X, p.Y; x == col && y == row {
			return
		}
	}
	require.Equal(d, fmt.Sprint(col, row), fmt.Sprint(x, y), "the cursor")
}

func (d *desk) answers(line string, err error) {
	d.Helper()
	select {
	case a := <-d.lines:
		require.Equal(d, answer{line, err}, a)
	case <-time.After(10 * time.Second):
		require.FailNow(d, "ReadLine does not return", "%q", d.rows())
	}
}

// enters presses Enter and expects the line.
func (d *desk) enters(line string) {
	d.Helper()
	d.types("\r")
	d.answers(line, nil)
}

const (
	keyHome  = "\x1b[1~"
	keyEnd   = "\x1b[F"
	keyDel   = "\x1b[3~"
	keyUp    = "\x1b[A"
	keyLeft  = "\x1b[D"
	keyCtrlL = "\x1b[1;5D"
	keyCtrlR = "\x1b[1;5C"
)
