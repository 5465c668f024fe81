package console_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/shell/console"
)

// newScreen returns a console on a terminal of 80 columns, and the file that receives
// its output.
func newScreen(t *testing.T) (c *console.Console, drawn file) {
	t.Helper()
	drawn = newFile(t)
	terminal := console.Stream{File: drawn.File, Terminal: true}
	return console.New(console.Stream{}, terminal, terminal, nil), drawn
}

// run lets the time d pass in a synctest bubble.
func run(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// Progress begins on a new line if other output ended in an incomplete line.
func TestProgressIsNotDrawnOverAnOpenLine(t *testing.T) {
	screen, drawn := newScreen(t)
	synctest.Test(t, func(t *testing.T) {
		p := screen.NewProgress()
		screen.TellAlways("early")
		run(401 * time.Millisecond)
		screen.TellAlways("late")
		run(200 * time.Millisecond)
		_, err := io.WriteString(screen.Out, "open")
		require.NoError(t, err)
		run(400 * time.Millisecond)
		screen.TellAlways("last")
		p.Hide()
		run(time.Second)
		p.End()
		line, erased := "\rwaiting for an answer\x1b[K", "\r\x1b[K"
		require.Equal(t, "early\n"+line+erased+"late\n"+line+erased+"open\nlast\n", drawn.text(),
			"no line is drawn over one that is open")
	})
}
