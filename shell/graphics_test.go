//go:build unix

package shell

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"golang.org/x/term"
	"techsh/shell/screen/termimage"
)

// A faraway is the other side of a terminal: what it answers to what.
type faraway struct {
	*testing.T
	master, tty *os.File
	answers     map[string]string // to questions
	wg          sync.WaitGroup
	mu          sync.Mutex
	drawn       strings.Builder
}

func newFaraway(t *testing.T, answers map[string]string) *faraway {
	t.Helper()
	master, tty, err := pty.Open()
	require.NoError(t, err)
	require.NoError(t, pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: 80}))
	f := &faraway{T: t, master: master, tty: tty, answers: answers}
	f.wg.Go(f.listen)
	t.Cleanup(func() {
		_ = tty.Close()
		_, _ = master.WriteString("\n") // ends a read of tty, which cannot be interrupted and holds it open
		_ = master.Close()
		f.wg.Wait()
	})
	return f
}

// listen answers questions in the order in which they are asked.
func (f *faraway) listen() {
	heard := ""
	buf := make([]byte, 4096)
	for {
		n, err := f.master.Read(buf)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.drawn.Write(buf[:n])
		f.mu.Unlock()
		heard += string(buf[:n])
		for {
			at, question := len(heard), ""
			for q := range f.answers {
				if i := strings.Index(heard, q); i >= 0 && i < at {
					at, question = i, q
				}
			}
			if question == "" {
				break
			}
			heard = heard[at+len(question):]
			// how they are cut must not matter
			for _, piece := range strings.SplitAfter(f.answers[question], "|") {
				_, _ = f.master.WriteString(strings.TrimSuffix(piece, "|"))
			}
		}
	}
}

// shell is a shell at this terminal.
func (f *faraway) shell() *Shell {
	s := &Shell{
		In:  Stream{File: f.tty, Terminal: true},
		Out: Stream{File: f.tty, Terminal: true, Color: true},
		Err: Stream{File: f.tty, Terminal: true},
	}
	s.begin()
	return s
}

func (f *faraway) drew() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.drawn.String()
}

func TestTheTerminalIsAskedWhatItDraws(t *testing.T) {
	f := newFaraway(t, map[string]string{
		"\x1b[>c": "di\x1b[>1;4000;29cr", "a=q": "\x1b_Gi=31|;OK\x1b\\", "\x1b[c": "\x1b[?62;|c",
	})
	s := f.shell()
	before, err := term.GetState(int(f.tty.Fd()))
	require.NoError(t, err)
	g, err := s.graphics(t.Context())
	require.NoError(t, err)
	require.Equal(t, termimage.Kitty, g.Protocol)
	after, err := term.GetState(int(f.tty.Fd()))
	require.NoError(t, err)
	require.Equal(t, before, after, "the terminal is as it was")
	require.Equal(t, "dir", string(s.input.left), "typing is kept for the next line")
}
