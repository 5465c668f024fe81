package shell

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestProgressSaysWhatIsKnown(t *testing.T) {
	begin := func() *progress { return &progress{total: codec.Unknown, ofFiles: codec.Unknown} }
	one := begin()
	one.does("counting what is there")
	require.Equal(t, "counting what is there", one.line(time.Second, 80))
	one.file(codec.Entry{Kind: codec.Regular, Name: "big.iso", Size: 100 << 20})
	one.add(25 << 20)
	require.Equal(t, " 25% of 100 MiB  25 MiB/s  0:03 left  big.iso", one.line(time.Second, 80))

	resumed := begin()
	resumed.file(codec.Entry{Kind: codec.Regular, Name: "big.iso", Size: 100 << 20, More: codec.Pairs{codec.PairOf("from", 50<<20)}})
	resumed.add(25 << 20)
	require.Equal(t, " 75% of 100 MiB  25 MiB/s  0:01 left  big.iso", resumed.line(time.Second, 80))
	here, total := resumed.stopped()
	require.Equal(t, []int64{75 << 20, 100 << 20}, []int64{here, total})

	unknown := begin()
	unknown.file(codec.Entry{Kind: codec.Regular, Name: "stdin", Size: codec.Unknown})
	unknown.add(3 << 20)
	require.Equal(t, "3.0 MiB  1.5 MiB/s  stdin", unknown.line(2*time.Second, 80))

	tree := begin()
	tree.all(codec.Unknown, 0)
	tree.file(codec.Entry{Kind: codec.Folder, Name: "logs"})
	tree.file(codec.Entry{Kind: codec.Regular, Name: "logs/a.log", Size: 1 << 20})
	tree.add(1 << 20)
	require.Equal(t, "1 file  1.0 MiB  1.0 MiB/s  logs/a.log", tree.line(time.Second, 80))
	tree.all(1204, 5<<20)
	tree.file(codec.Entry{Kind: codec.Regular, Name: "logs/\x1b[2J", Size: 1 << 20})
	require.Equal(t, `2 of 1204 files   20% of 5.0 MiB  1.0 MiB/s  0:04 left  logs/\x1b[2J`, strings.Replace(tree.line(time.Second, 80), `e"logs/\x1b[2J"`, `logs/\x1b[2J`, 1))
}

// The end of a name says more than its beginning, and no line may wrap.
func TestProgressIsNeverWiderThanTheTerminal(t *testing.T) {
	p := &progress{ofFiles: codec.Unknown}
	p.file(codec.Entry{Kind: codec.Regular, Name: "a/long/way/down/世界/to/the file.txt", Size: 100 << 20})
	p.add(50 << 20)
	for width := range 100 {
		line := p.line(time.Second, width)
		require.LessOrEqual(t, ansi.StringWidth(line), width, "%q", line)
	}
	require.Equal(t, ` 50% of 100 MiB  50 MiB/s  0:01 left  …e file.txt"`, p.line(time.Second, 50))
	require.Equal(t, ` 50% of 100 MiB  0:01 left  …e file.txt"`, p.line(time.Second, 40))
	require.Equal(t, ` 50%  0:01 left  …he file.txt"`, p.line(time.Second, 30))
	require.Equal(t, ` 50%  0:01 left`, p.line(time.Second, 20))
	require.Equal(t, ` 50%  0…`, p.line(time.Second, 8))
}

// The rate follows what happens: after a while at another speed, it is that.
func TestProgressForgetsOldRates(t *testing.T) {
	p := &progress{ofFiles: codec.Unknown}
	p.file(codec.Entry{Kind: codec.Regular, Name: "x", Size: 1 << 40})
	at := time.Duration(0)
	run := func(seconds int, rate int64) float64 {
		for range seconds * 5 {
			at += 200 * time.Millisecond
			p.add(rate / 5)
			p.line(at, 80)
		}
		return p.rate
	}
	require.InDelta(t, 10<<20, run(10, 10<<20), 10)
	require.InDelta(t, 1<<20, run(20, 1<<20), 100_000)
	require.InDelta(t, 0, run(20, 0), 10_000)
}

// What is said meanwhile stands on a line of its own, and at the end the line
// is gone.
func TestProgressGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &locked{}
		p := &progress{w: w, width: func() int { return 80 }, start: time.Now(), ofFiles: codec.Unknown, stop: make(chan struct{}), over: make(chan struct{})}
		go p.run()
		p.file(codec.Entry{Kind: codec.Regular, Name: "x", Size: 0})
		p.aside(func() { _, _ = w.Write([]byte("early\n")) })
		time.Sleep(progressAfter + time.Millisecond)
		synctest.Wait()
		p.aside(func() { _, _ = w.Write([]byte("late\n")) })
		time.Sleep(progressEvery)
		synctest.Wait()
		p.end()
		line := "\r100% of 0 B  0 B/s  0:00 left  x\x1b[K"
		require.Equal(t, "early\n"+line+"\r\x1b[Klate\n"+line+"\r\x1b[K", w.String())
	})
}

// In a window that has become narrower what was one row is several.
func TestProgressLeavesNothingInAWindowThatBecomesNarrow(t *testing.T) {
	w, width := &locked{}, 80
	p := &progress{w: w, width: func() int { return width }, start: time.Now(), ofFiles: codec.Unknown}
	p.file(codec.Entry{Kind: codec.Regular, Name: strings.Repeat("x", 200), Size: 0})
	p.draw()
	width = 30 // 77 columns are three rows
	before := len(w.String())
	p.draw()
	require.True(t, strings.HasPrefix(w.String()[before:], "\x1b[2A\r\x1b[J100%"), "%q", w.String()[before:])
	before = len(w.String())
	p.draw()
	require.True(t, strings.HasPrefix(w.String()[before:], "\r100%"), "%q", w.String()[before:])
	width = 20
	before = len(w.String())
	p.aside(func() {})
	require.Equal(t, "\x1b[1A\r\x1b[J\x1b[K", w.String()[before:])
}

// A locked is a buffer for two goroutines.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
