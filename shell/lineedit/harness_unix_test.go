//go:build unix

package lineedit_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"techsh/shell/lineedit"
	"techsh/shell/shelltest/terminal"
)

// A session is an editor at a terminal.
type session struct {
	*terminal.Terminal
	ed    *lineedit.Editor
	lines chan answer
}

type answer struct {
	line string
	err  error
}

type completeFunc func(ctx context.Context, line string, pos int) lineedit.Completion

func newSession(t *testing.T, width, height int, complete completeFunc) *session {
	t.Helper()
	d := &session{Terminal: terminal.New(t, width, height), lines: make(chan answer, 1)}
	var err error
	d.ed, err = lineedit.New(lineedit.Config{
		Text:     text,
		In:       d.TTY,
		Out:      struct{ *os.File }{d.TTY},
		Err:      d.TTY,
		Resized:  d.Resized,
		Complete: complete,
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.ed.Close()) })
	return d
}

func (d *session) prompt(prompt string) {
	go func() {
		line, err := d.ed.ReadLine(prompt)
		d.lines <- answer{line, err}
	}()
}

// start shows the prompt "> " and waits until it appears.
func (d *session) start() {
	d.Helper()
	d.prompt("> ")
	d.Sees(">")
}

// answers waits until ReadLine returns line and err.
func (d *session) answers(line string, err error) {
	d.Helper()
	select {
	case a := <-d.lines:
		require.Equal(d, answer{line, err}, a)
	case <-time.After(terminal.Timeout):
		require.FailNow(d, "ReadLine does not return", "%q", d.Rows())
	}
}

// enters presses Enter and expects ReadLine to return line.
func (d *session) enters(line string) {
	d.Helper()
	d.Types("\r")
	d.answers(line, nil)
}
