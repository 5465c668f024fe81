package termimage_test

import (
	"context"
	"image"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/shell/lineedit/keys"
	"techsh/shell/screen/termimage"
)

// The queries that are sent to terminals.
const (
	queryName  = "\x1b[>c"
	queryCell  = "\x1b[16t"
	querySixel = "\x1b[?1;1;0S\x1b[?2;1;0S"
	queryColor = "\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[0m"
	queryITerm = "\x1b]1337;ReportCellSize\x1b\\"
	queryKitty = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
	queryLast  = "\x1b[c"
)

// An emulator is a terminal that answers queries in the order in which they are sent.
type emulator struct {
	*testing.T
	drawn   strings.Builder   // all output
	answers map[string]string // by query
	input   chan string       // what the terminal sends, in pieces
	seen    string            // output since the last query
}

func newEmulator(t *testing.T, answers map[string]string) *emulator {
	return &emulator{T: t, answers: answers, input: make(chan string, 100)}
}

// Write handles output of techsh.
func (e *emulator) Write(b []byte) (int, error) {
	e.seen += string(b)
	for {
		at, query := len(e.seen), ""
		for q := range e.answers {
			if i := strings.Index(e.seen, q); i >= 0 && i < at {
				at, query = i, q
			}
		}
		if query == "" {
			return e.drawn.Write(b)
		}
		e.seen = e.seen[at+len(query):]
		for piece := range strings.SplitSeq(e.answers[query], "|") { // the answer may be split anywhere
			e.input <- piece
		}
	}
}

func (e *emulator) read(ctx context.Context, b []byte) (int, error) {
	select {
	case piece := <-e.input:
		require.LessOrEqual(e, len(piece), len(b))
		return copy(b, piece), nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// Answers of terminals; "|" marks where they are split.
const (
	kittyOK    = "\x1b_Gi=31|;OK\x1b\\"
	trueColors = "\x1bP1$r0;48:2::1:2|:3m\x1b\\"
)

func TestTheTerminalIsAskedWhatItDraws(t *testing.T) {
	xterm := map[string]string{
		queryName:  "\x1b[>41;379;0c",
		queryColor: trueColors,
		queryLast:  "\x1b[?64;1;2;6;9;15c",
	}
	for name, test := range map[string]struct {
		answers map[string]string
		want    termimage.Graphics
	}{
		"kitty": {
			map[string]string{
				queryName:  "\x1b[>1;4000;29c",
				queryCell:  "\x1b[6;18;9t",
				queryColor: trueColors,
				queryKitty: kittyOK,
				queryLast:  "\x1b[?62;|c",
			},
			termimage.Graphics{Protocol: termimage.Kitty, TrueColor: true, Cell: image.Pt(9, 18)},
		},
		"kitty without graphics": {
			map[string]string{
				queryName:  "\x1b[>1;4000;29c",
				queryKitty: "\x1b_Gi=31;ENOTSUPPORTED:no\x1b\\",
				queryLast:  "\x1b[?62;c",
			},
			termimage.Graphics{},
		},
		"iTerm2": {
			map[string]string{
				queryName: "\x1b[>64;95;0c", queryColor: "\x1bP1$r48:2:1:2:3m\x1b\\",
				queryITerm: "\x1b]1337;ReportCellSize=17.0;8.0;2.0\x1b|\\", queryLast: "\x1b[?65;1;2;4;6c",
			},
			termimage.Graphics{
				Protocol:    termimage.ITerm2,
				TrueColor:   true,
				Cell:        image.Pt(16, 34),
				SixelColors: 256,
			},
		},
		"sixel": {
			map[string]string{
				queryName: "\x1b[>19;379;0c", queryCell: "\x1b[6;20;10t", querySixel: "\x1b[?1;0;16S\x1b[?2;0;960;765S",
				queryColor: "\x1bP1$r0;48:5:16m\x1b\\", queryLast: "\x1b[?63;1;2;4;6c",
			},
			termimage.Graphics{
				Protocol:     termimage.Sixel,
				Cell:         image.Pt(10, 20),
				SixelColors:  16,
				LargestSixel: image.Pt(960, 765),
			},
		},
		"sixel, and nothing more is known": {
			map[string]string{querySixel: "\x1b[?1;3S\x1b[?2;3S", queryLast: "\x1b[?62;4c"},
			termimage.Graphics{Protocol: termimage.Sixel, SixelColors: 256},
		},
		"VT132, which is 4 and has no sixel": {
			map[string]string{queryLast: "\x1b[?4;6c"},
			termimage.Graphics{},
		},
		"true colour": {xterm, termimage.Graphics{TrueColor: true}},
		"plain": {
			map[string]string{queryLast: "\x1b[?1;2c"},
			termimage.Graphics{},
		},
		"tmux in kitty": {
			map[string]string{
				queryName:  "\x1b[>84;0;0c",
				queryColor: "\x1bP0$r\x1b\\",
				queryKitty: kittyOK,
				queryLast:  "\x1b[?1;2c",
			},
			termimage.Graphics{TrueColor: true},
		},
		"tmux with sixel": {
			map[string]string{queryName: "\x1b[>84;0;0c", queryCell: "\x1b[6;16;8t", queryLast: "\x1b[?1;2;4c"},
			termimage.Graphics{
				Protocol:    termimage.Sixel,
				TrueColor:   true,
				Cell:        image.Pt(8, 16),
				SixelColors: 256,
			},
		},
		"screen, through which others answer": {
			map[string]string{
				queryName:  "\x1b[>83;40900;0c",
				queryColor: trueColors,
				queryKitty: kittyOK,
				queryLast:  "\x1b[?1;2c",
			},
			termimage.Graphics{},
		},
		"nonsense": {
			map[string]string{
				queryCell:  "\x1b[6;99999999999999999999;0t",
				queryITerm: "\x1b]1337;ReportCellSize=1.1.1;..;\x07",
				queryLast:  "\x1b[?c",
			},
			termimage.Graphics{Protocol: termimage.ITerm2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEmulator(t, test.answers)
			g, typed, err := termimage.Query(t.Context(), e.read, e)
			require.NoError(t, err)
			require.Equal(t, test.want, g)
			require.Empty(t, typed, "no answer is taken for typing")
			if name == "tmux in kitty" || strings.HasPrefix(name, "screen") {
				require.NotContains(t, e.drawn.String(), "\x1b_G", "they would take it for a title")
			}
		})
	}
}

func TestInputBetweenAnswersIsKept(t *testing.T) {
	e := newEmulator(t, map[string]string{
		queryName: "di\x1b[>1;4000;29cr\x1b[A", queryKitty: "x" + kittyOK + "y", queryLast: " \x1b[?62c",
	})
	g, typed, err := termimage.Query(t.Context(), e.read, e)
	require.NoError(t, err)
	require.Equal(t, termimage.Kitty, g.Protocol)
	require.Equal(t, "dir\x1b[A xy ", string(typed))
}

func TestCtrlCEndsTheQuery(t *testing.T) {
	e := newEmulator(t, map[string]string{queryName: "typed before\x03after"})
	began := time.Now()
	_, typed, err := termimage.Query(t.Context(), e.read, e)
	require.ErrorIs(t, err, termimage.ErrInterrupt)
	require.Less(t, time.Since(began), termimage.QueryTimeout)
	require.Equal(t, "after", string(typed))
}

func TestATerminalThatNeverAnswersDrawsHalfBlocks(t *testing.T) {
	e := newEmulator(t, nil)
	began := time.Now()
	g, _, err := termimage.Query(t.Context(), e.read, e)
	require.NoError(t, err)
	require.Equal(t, termimage.Graphics{}, g)
	require.GreaterOrEqual(t, time.Since(began), termimage.QueryTimeout)
	require.NotContains(t, e.drawn.String(), "\x1b_G", "there is no second query")
}

// A terminal may answer too late, or only in part. The rest of its answers must not
// appear as typed input.
func TestLateAnswersAreNotTyped(t *testing.T) {
	all := "\x1b[>41;379;0c\x1b[6;18;9t\x1b[?1;0;1024S\x1b[?2;0;960;765S" +
		strings.ReplaceAll(trueColors, "|", "") + "\x1b[?64;1;2;6c" +
		"\x1b]1337;ReportCellSize=17.0;8.0;2.0\x1b\\" + strings.ReplaceAll(kittyOK, "|", "") + "\x1b[?64;1;2;6c"
	for cut := range len(all) {
		ctx, cancel := context.WithCancel(t.Context())
		in := "a" + all[:cut]
		_, typed, err := termimage.Query(ctx, func(ctx context.Context, b []byte) (int, error) {
			if in == "" {
				cancel()
				return 0, context.Cause(ctx)
			}
			n := copy(b, in)
			in = ""
			return n, nil
		}, io.Discard)
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
		late := keys.NewReader(strings.NewReader(string(typed)+all[cut:]+"b\r"), nil)
		line, err := io.ReadAll(late)
		require.NoError(t, err)
		require.NoError(t, late.Close())
		require.Equal(t, "ab\r", string(line), "cut at %d, %q", cut, all[cut:])
		cancel()
	}
}
