package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/codec"
)

func TestNothingLeavesBeforeFlush(t *testing.T) {
	var wire bytes.Buffer
	conn := over(nil, &wire)
	require.NoError(t, conn.WriteWords(codec.OK))
	require.Zero(t, wire.Len())
	require.Zero(t, conn.Written())
	require.NoError(t, conn.Flush())
	require.Equal(t, "OK   0000000000\n", wire.String())
	require.NoError(t, conn.Flush())
	require.EqualValues(t, 16, conn.Written())
}

func TestAFullBufferLeavesInWholeFrames(t *testing.T) {
	const frames, size = 4000, 200
	var wire pieces
	conn := over(nil, &wire)
	for range frames {
		require.NoError(t, conn.Write(codec.DATA, make([]byte, size)))
	}
	require.NotEmpty(t, wire, "the buffer is full by now")
	require.NoError(t, conn.Flush())
	n := 0
	for _, piece := range wire {
		got, err := readAll(reading(piece))
		require.ErrorIs(t, err, io.EOF, "a piece ends inside a frame")
		n += len(got)
	}
	require.Equal(t, frames, n)
}

// pieces is a writer that records each Write separately.
type pieces [][]byte

func (p *pieces) Write(b []byte) (int, error) {
	*p = append(*p, bytes.Clone(b))
	return len(b), nil
}

func TestFramesWrittenInAnyWayAreReadInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var wire bytes.Buffer
		conn := over(nil, &wire)
		var sent []byte // the length of each frame and the byte that it consists of
		for i := range rapid.IntRange(0, 6).Draw(t, "frames") {
			n := rapid.SampledFrom([]int{
				0, 1, 5000, 250 << 10, 256<<10 - codec.HeaderSize, 256 << 10, 1 << 20,
			}).Draw(t, "size")
			body := bytes.Repeat([]byte{'a' + byte(i)}, n)
			switch rapid.IntRange(0, 3).Draw(t, "way") {
			case 0:
				require.NoError(t, conn.Write(codec.DATA, body))
			case 1:
				require.NoError(
					t, conn.WriteReserved(
						codec.DATA,
						append(make([]byte, codec.HeaderSize), body...),
					),
				)
			case 2:
				body = append(body[:min(n, 60000)], 'x', '\n')
				require.NoError(t, conn.WriteWords(codec.OK, codec.Lit(string(body[:len(body)-1]))))
			case 3:
				require.NoError(t, conn.Flush())
				conn.TrimOut()
				continue
			}
			sent = fmt.Appendln(sent, len(body), crc32.ChecksumIEEE(body))
		}
		require.NoError(t, conn.Flush())
		require.EqualValues(t, wire.Len(), conn.Written())
		var got []byte
		in := over(&wire, io.Discard)
		for {
			f, err := in.ReadFrame()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			got = fmt.Appendln(got, len(f.Body), crc32.ChecksumIEEE(f.Body))
		}
		require.Equal(t, string(sent), string(got))
	})
}

func TestTooBigIsRefusedWithoutSending(t *testing.T) {
	var wire bytes.Buffer
	conn := over(nil, &wire)
	require.NoError(t, conn.WriteWords(codec.OK, codec.Lit("a=1")))
	for name, write := range map[string]func(over int) error{
		"bytes": func(over int) error { return conn.Write(codec.DATA, make([]byte, codec.MaxBytes+over)) },
		"line":  func(over int) error { return conn.Write(codec.FILE, make([]byte, codec.MaxWords+over)) },
		"words": func(over int) error {
			return conn.WriteWords(codec.OK, codec.Lit(strings.Repeat("a", codec.MaxWords-1+over)))
		},
		"quoted": func(over int) error {
			return conn.WriteWords(codec.OK, codec.Lit(strings.Repeat(" ", codec.MaxWords-3+over)))
		},
		"reserved": func(over int) error {
			return conn.WriteReserved(codec.DATA, make([]byte, codec.HeaderSize+codec.MaxBytes+over))
		},
	} {
		before := conn.Written()
		require.ErrorIs(t, write(1), is(codec.TooBig), name)
		require.Equal(t, before, conn.Written(), name)
		require.NoError(t, write(0), name)
		require.NoError(t, conn.Flush())
	}
	frames, err := readAll(over(&wire, io.Discard))
	require.ErrorIs(t, err, io.EOF)
	require.Len(t, frames, 6)
	require.Equal(t, `OK "" "a=1\n"`, frames[0])
}

func TestConcurrentWritersKeepFramesWhole(t *testing.T) {
	const writers, each = 8, 300
	here, there := net.Pipe()
	out, in := codec.NewConn(here), codec.NewConn(there)
	var group sync.WaitGroup
	for id := range writers {
		group.Go(func() {
			for i := range each {
				text := fmt.Sprintf("%d %d %s", id, i, strings.Repeat("x", i*7%500))
				var err error
				switch (id + i) % 3 {
				case 0:
					err = out.Write(codec.DATA, []byte(text))
				case 1:
					err = out.WriteReserved(
						codec.DATA,
						append(make([]byte, codec.HeaderSize), text...),
					)
				case 2:
					if err = out.WriteWords(codec.TICK, codec.Lit(text)); err == nil {
						err = out.Flush()
					}
				}
				if err != nil {
					panic(err)
				}
			}
		})
	}
	go func() {
		group.Wait()
		_ = out.Flush()
		_ = out.Close()
	}()
	var next [writers]int
	for {
		f, err := in.ReadFrame()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		text := string(f.Body)
		if f.Verb == codec.TICK {
			words, err := f.Words()
			require.NoError(t, err)
			text = words[0].Text
		}
		var id, i int
		_, err = fmt.Sscan(text, &id, &i)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%d %d %s", id, i, strings.Repeat("x", i*7%500)), text)
		require.Equal(t, next[id], i, "frames of one writer keep their order")
		next[id]++
	}
	for _, n := range next {
		require.Equal(t, each, n)
	}
}

func TestAFailedWriteIsKeptAndReadingGoesOn(t *testing.T) {
	broken := errors.New("broken pipe")
	conn := over(strings.NewReader("ERR  0000000011\ndraining x\n"), failing{broken})
	require.NoError(t, conn.WriteWords(codec.OK))
	require.ErrorIs(t, conn.Flush(), broken)
	require.ErrorIs(t, conn.WriteWords(codec.OK), broken)
	require.ErrorIs(t, conn.Write(codec.DATA, nil), broken)
	require.ErrorIs(t, conn.WriteReserved(codec.DATA, make([]byte, codec.HeaderSize)), broken)
	frames, err := readAll(conn)
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, []string{`ERR "" "draining x\n"`}, frames, "the reason may be waiting")
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
