//go:build unix

package shell

import (
	"context"
	"image"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"golang.org/x/term"
	"techsh/shell/lineedit/keys"
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
			for _, piece := range strings.SplitAfter(f.answers[question], "|") { // how they are cut must not matter
				_, _ = f.master.WriteString(strings.TrimSuffix(piece, "|"))
			}
		}
	}
}

// shell is a shell at this terminal.
func (f *faraway) shell() *Shell {
	s := &Shell{In: Stream{File: f.tty, Terminal: true}, Out: Stream{File: f.tty, Terminal: true, Color: true}, Err: Stream{File: f.tty, Terminal: true}}
	s.begin()
	return s
}

func (f *faraway) drew() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.drawn.String()
}

// What terminals answer; "|" is where their writes are cut.
const (
	kittyOK    = "\x1b_Gi=31|;OK\x1b\\"
	trueColors = "\x1bP1$r0;48:2::1:2|:3m\x1b\\"
)

func TestTheTerminalIsAskedWhatItDraws(t *testing.T) {
	xterm := map[string]string{askWho: "\x1b[>41;379;0c", askColor: trueColors, askLast: "\x1b[?64;1;2;6;9;15c"}
	for name, test := range map[string]struct {
		answers map[string]string
		want    graphics
	}{
		"kitty": {
			map[string]string{askWho: "\x1b[>1;4000;29c", askCell: "\x1b[6;18;9t", askColor: trueColors, askKitty: kittyOK, askLast: "\x1b[?62;|c"},
			graphics{means: kitty, trueColor: true, cell: image.Pt(9, 18)},
		},
		"kitty without graphics": {
			map[string]string{askWho: "\x1b[>1;4000;29c", askKitty: "\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\", askLast: "\x1b[?62;c"},
			graphics{},
		},
		"iTerm2": {
			map[string]string{
				askWho: "\x1b[>64;95;0c", askColor: "\x1bP1$r48:2:1:2:3m\x1b\\",
				askITerm: "\x1b]1337;ReportCellSize=17.0;8.0;2.0\x1b|\\", askLast: "\x1b[?65;1;2;4;6c",
			},
			graphics{means: iterm2, trueColor: true, cell: image.Pt(16, 34), colors: 256},
		},
		"sixel": {
			map[string]string{
				askWho: "\x1b[>19;379;0c", askCell: "\x1b[6;20;10t", askSixel: "\x1b[?1;0;16S\x1b[?2;0;960;765S",
				askColor: "\x1bP1$r0;48:5:16m\x1b\\", askLast: "\x1b[?63;1;2;4;6c",
			},
			graphics{means: sixel, cell: image.Pt(10, 20), colors: 16, largest: image.Pt(960, 765)},
		},
		"sixel, and nothing more is known": {
			map[string]string{askSixel: "\x1b[?1;3S\x1b[?2;3S", askLast: "\x1b[?62;4c"},
			graphics{means: sixel, colors: 256},
		},
		"VT132, which is 4 and has no sixel": {map[string]string{askLast: "\x1b[?4;6c"}, graphics{}},
		"true colour":                        {xterm, graphics{trueColor: true}},
		"plain":                              {map[string]string{askLast: "\x1b[?1;2c"}, graphics{}},
		"tmux in kitty": {
			map[string]string{askWho: "\x1b[>84;0;0c", askColor: "\x1bP0$r\x1b\\", askKitty: kittyOK, askLast: "\x1b[?1;2c"},
			graphics{trueColor: true},
		},
		"tmux with sixel": {
			map[string]string{askWho: "\x1b[>84;0;0c", askCell: "\x1b[6;16;8t", askLast: "\x1b[?1;2;4c"},
			graphics{means: sixel, trueColor: true, cell: image.Pt(8, 16), colors: 256},
		},
		"screen, through which others answer": {
			map[string]string{askWho: "\x1b[>83;40900;0c", askColor: trueColors, askKitty: kittyOK, askLast: "\x1b[?1;2c"},
			graphics{},
		},
		"nonsense": {
			map[string]string{askCell: "\x1b[6;99999999999999999999;0t", askITerm: "\x1b]1337;ReportCellSize=1.1.1;..;\x07", askLast: "\x1b[?c"},
			graphics{means: iterm2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFaraway(t, test.answers)
			s := f.shell()
			before, err := term.GetState(int(f.tty.Fd()))
			require.NoError(t, err)
			g, err := s.graphics(t.Context())
			require.NoError(t, err)
			require.Equal(t, test.want, g)
			after, err := term.GetState(int(f.tty.Fd()))
			require.NoError(t, err)
			require.Equal(t, before, after, "the terminal is as it was")
			require.Empty(t, s.input.left, "no answer is left for who reads next")
			if name == "tmux in kitty" || strings.HasPrefix(name, "screen") {
				require.NotContains(t, f.drew(), "\x1b_G", "they would take it for a title")
			}
		})
	}
}

// What is typed while the terminal is asked is for the next line.
func TestWhatIsTypedBetweenAnswersIsKept(t *testing.T) {
	f := newFaraway(t, map[string]string{
		askWho: "di\x1b[>1;4000;29cr\x1b[A", askKitty: "x" + kittyOK + "y", askLast: " \x1b[?62c",
	})
	s := f.shell()
	g, err := s.graphics(t.Context())
	require.NoError(t, err)
	require.Equal(t, kitty, g.means)
	require.Equal(t, "dir\x1b[A xy ", string(s.input.left))
}

func TestCtrlCEndsTheAsking(t *testing.T) {
	f := newFaraway(t, map[string]string{askWho: "typed before\x03after"})
	s := f.shell()
	began := time.Now()
	_, err := s.graphics(t.Context())
	require.ErrorIs(t, err, errInterrupted)
	require.Less(t, time.Since(began), answerTime)
	require.Equal(t, "after", string(s.input.left))
}

// A terminal that answers too late, or half in time, is one of half-blocks.
// What it then says never ends in the line that is typed.
func TestLateAnswersAreNotTyped(t *testing.T) {
	all := "\x1b[>41;379;0c\x1b[6;18;9t\x1b[?1;0;1024S\x1b[?2;0;960;765S" + strings.ReplaceAll(trueColors, "|", "") +
		"\x1b[?64;1;2;6c\x1b]1337;ReportCellSize=17.0;8.0;2.0\x1b\\" + strings.ReplaceAll(kittyOK, "|", "") + "\x1b[?64;1;2;6c"
	for cut := 0; cut < len(all); cut++ {
		in, typist := io.Pipe()
		feed := newFeed(in)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, _ = typist.Write([]byte("a" + all[:cut]))
			cancel() // what was written has been read
			_, _ = typist.Write([]byte(all[cut:] + "b\r"))
			_ = typist.Close()
		}()
		_, err := ask(ctx, feed, io.Discard, "")
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
		typed := keys.NewReader(feed, nil)
		rest, err := io.ReadAll(typed)
		require.NoError(t, err)
		require.NoError(t, typed.Close())
		require.Equal(t, "ab\r", string(rest), "cut at %d, %q", cut, all[cut:])
		cancel()
	}
}

func TestATerminalThatNeverAnswersDrawsHalfBlocks(t *testing.T) {
	f := newFaraway(t, nil)
	s := f.shell()
	began := time.Now()
	g, err := s.graphics(t.Context())
	require.NoError(t, err)
	require.Equal(t, graphics{}, g)
	require.GreaterOrEqual(t, time.Since(began), answerTime)
	require.NotContains(t, f.drew(), "\x1b_G", "there is no second question")
}
