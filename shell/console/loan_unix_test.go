//go:build unix

package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/term"

	"techsh/shell/console"
	"techsh/shell/shelltest/terminal"
)

func TestAPanicGivesALentTerminalBack(t *testing.T) {
	tty := terminal.New(t, 80, 24).TTY
	stream := console.Stream{File: tty, Terminal: true}
	before, err := term.GetState(int(tty.Fd()))
	require.NoError(t, err)
	loan, err := console.New(stream, stream, stream, nil).Lend()
	require.NoError(t, err)
	defer loan.Close()
	loan.Guard(func() {})
	raw, err := term.GetState(int(tty.Fd()))
	require.NoError(t, err)
	require.NotEqual(t, before, raw)
	require.Panics(t, func() { loan.Guard(func() { panic("in a goroutine of the link") }) })
	after, err := term.GetState(int(tty.Fd()))
	require.NoError(t, err)
	require.Equal(t, before, after)
}
