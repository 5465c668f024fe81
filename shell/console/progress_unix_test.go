//go:build unix

package console_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/console"
)

// A window is a terminal whose output is recorded.
type window struct {
	*console.Console
	tty    *os.File
	read   func() string // ends the recording and returns the output
	resize func(columns int)
}

func newWindow(t *testing.T, columns int) *window {
	t.Helper()
	master, tty, err := pty.Open()
	require.NoError(t, err)
	var reading sync.WaitGroup
	var output strings.Builder
	reading.Go(func() {
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			output.Write(b[:n])
			if err != nil || strings.HasSuffix(output.String(), "the end\r\n") {
				return
			}
		}
	})
	stream := console.Stream{File: tty, Terminal: true}
	w := &window{Console: console.New(stream, stream, stream, nil), tty: tty}
	w.resize = func(columns int) {
		require.NoError(t, pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: uint16(columns)}))
	}
	w.resize(columns)
	w.read = sync.OnceValue(func() string {
		fmt.Fprint(tty, "the end\n")
		reading.Wait()
		tty.Close()
		master.Close()
		return strings.TrimSuffix(output.String(), "the end\r\n")
	})
	t.Cleanup(func() { w.read() })
	return w
}

// lines returns the status lines that were drawn.
func lines(output string) (list []string) {
	for line := range strings.SplitSeq(output, "\r") {
		if line = ansi.Strip(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// last returns the last status line that do causes.
func last(t *testing.T, do func(p *console.Progress)) string {
	t.Helper()
	w := newWindow(t, 83)
	synctest.Test(t, func(t *testing.T) {
		p := w.NewProgress()
		do(p)
		synctest.Wait()
		p.End()
	})
	list := lines(w.read())
	require.NotEmpty(t, list)
	return list[len(list)-1]
}

// transfer adds bytes at a rate for some seconds.
func transfer(p *console.Progress, rate int64, seconds int) {
	time.Sleep(50 * time.Millisecond) // the interval between two updates
	for range seconds * 10 {
		p.Add(rate / 10)
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
}

func TestProgressShowsWhatIsKnown(t *testing.T) {
	require.Equal(t, "counting the remote files", last(t, func(p *console.Progress) {
		p.SetActivity("counting the remote files")
		time.Sleep(time.Second)
	}))
	require.Equal(t, " 25% of 100 MiB  25 MiB/s  0:03 left  big.iso", last(t, func(p *console.Progress) {
		p.BeginFile(codec.Entry{Kind: codec.Regular, Name: "big.iso", Size: 100 << 20})
		transfer(p, 25<<20, 1)
	}))
	require.Equal(t, " 75% of 100 MiB  25 MiB/s  0:01 left  big.iso", last(t, func(p *console.Progress) {
		p.BeginFile(codec.Entry{
			Kind: codec.Regular,
			Name: "big.iso",
			Size: 100 << 20,
			More: codec.Pairs{codec.PairOf("from", 50<<20)},
		})
		transfer(p, 25<<20, 1)
		name, have, total := p.Current()
		require.Equal(t, "big.iso", name)
		require.Equal(t, []int64{75 << 20, 100 << 20}, []int64{have, total})
	}))
	require.Equal(t, "3.0 MiB  3.0 MiB/s  stdin", last(t, func(p *console.Progress) {
		p.BeginFile(codec.Entry{Kind: codec.Regular, Name: "stdin", Size: codec.Unknown})
		transfer(p, 3<<20, 1)
	}))
	require.Equal(t, "1 file  10 MiB  10 MiB/s  logs/a.log", last(t, func(p *console.Progress) {
		p.SetTotals(codec.Unknown, 0)
		p.BeginFile(codec.Entry{Kind: codec.Folder, Name: "logs"})
		p.BeginFile(codec.Entry{Kind: codec.Regular, Name: "logs/a.log", Size: 10 << 20})
		transfer(p, 10<<20, 1)
	}))
	want := `1 of 1204 files   20% of 50 MiB  10 MiB/s  0:04 left  e"logs/\x1b[2J"`
	require.Equal(t, want, last(t, func(p *console.Progress) {
		p.SetTotals(1204, 50<<20)
		p.BeginFile(codec.Entry{Kind: codec.Regular, Name: "logs/\x1b[2J", Size: 10 << 20})
		transfer(p, 10<<20, 1)
	}))
}

// A name is truncated at its beginning, and no line wraps.
func TestProgressIsNeverWiderThanTheWindow(t *testing.T) {
	w := newWindow(t, 4)
	synctest.Test(t, func(t *testing.T) {
		p := w.NewProgress()
		p.BeginFile(codec.Entry{Kind: codec.Regular, Name: "a/long/way/down/世界/to/the file.txt", Size: 100 << 20})
		p.Add(50 << 20)
		time.Sleep(350 * time.Millisecond)
		for columns := 4; columns < 100; columns++ {
			w.resize(columns)
			time.Sleep(200 * time.Millisecond)
		}
		p.End()
	})
	drawn := lines(w.read())
	require.Len(t, drawn, 96)
	for i, line := range drawn {
		require.LessOrEqual(t, ansi.StringWidth(line), 4+i-3, "%q", line)
	}
	for columns, shape := range map[int]string{
		60: `^ 50% of 100 MiB  \S+ [KM]iB/s  \S+ left  …\S* ?file.txt"$`,
		25: `^ 50%  \S+ left`,
		11: `^ 50%  .*…$`,
	} {
		require.Regexp(t, shape, drawn[columns-4])
	}
}

// After some seconds at another rate, the shown rate is the new one.
func TestProgressForgetsOldRates(t *testing.T) {
	file := codec.Entry{Kind: codec.Regular, Name: "x", Size: 1 << 40}
	for want, rates := range map[string][]int64{
		`  100 MiB/s`:          {100 << 20},
		`  (9\.\d|10) MiB/s`:   {100 << 20, 10 << 20},
		`  \d+(\.\d)? K?i?B/s`: {10 << 20, 0},
	} {
		require.Regexp(t, want, last(t, func(p *console.Progress) {
			p.BeginFile(file)
			for _, rate := range rates {
				transfer(p, rate, 20)
			}
		}))
	}
}

// Other output is on separate lines, and at the end the status line is erased.
func TestProgressGivesWay(t *testing.T) {
	w := newWindow(t, 83)
	synctest.Test(t, func(t *testing.T) {
		p := w.NewProgress()
		p.BeginFile(codec.Entry{Kind: codec.Regular, Name: "x", Size: 0})
		w.WithoutStatus(func() { fmt.Fprint(w.tty, "early\n") })
		time.Sleep(450 * time.Millisecond)
		w.WithoutStatus(func() { fmt.Fprint(w.tty, "late\n") })
		time.Sleep(200 * time.Millisecond)
		p.End()
	})
	line := "\r100% of 0 B  0 B/s  0:00 left  x\x1b[K"
	require.Equal(t, "early\r\n"+line+"\r\x1b[Klate\r\n"+line+"\r\x1b[K", w.read())
}

// In a window that has become narrower, the status line takes several rows.
func TestProgressLeavesNothingInAWindowThatBecomesNarrow(t *testing.T) {
	w := newWindow(t, 80)
	synctest.Test(t, func(t *testing.T) {
		p := w.NewProgress()
		p.BeginFile(codec.Entry{Kind: codec.Regular, Name: strings.Repeat("x", 200), Size: 0})
		time.Sleep(450 * time.Millisecond)
		w.resize(30) // 77 columns take three rows
		time.Sleep(400 * time.Millisecond)
		w.resize(20)
		w.WithoutStatus(func() {})
		p.End()
	})
	moves := regexp.MustCompile(`\r|\x1b\[\d?[A-Z]`).FindAllString(w.read(), -1)
	require.Equal(t, []string{
		"\r", "\x1b[K",
		"\x1b[2A", "\r", "\x1b[J", "\x1b[K",
		"\r", "\x1b[K",
		"\x1b[1A", "\r", "\x1b[J", "\x1b[K",
	}, moves)
}

// Progress is not shown without a terminal.
func TestProgressNeedsATerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "output"))
	require.NoError(t, err)
	defer f.Close()
	stream := console.Stream{File: f}
	c := console.New(stream, stream, stream, nil)
	synctest.Test(t, func(*testing.T) {
		p := c.NewProgress()
		time.Sleep(time.Second)
		p.End()
	})
	info, err := f.Stat()
	require.NoError(t, err)
	require.Zero(t, info.Size())
}
