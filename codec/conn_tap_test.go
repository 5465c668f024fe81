package codec_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// tapped returns a Tap that logs its calls.
func tapped(log *[]string) func(bool, codec.Frame) {
	return func(sent bool, f codec.Frame) { *log = append(*log, fmt.Sprint(sent, " ", f)) }
}

func TestTapIsCalledOnceForEachFrameInOrder(t *testing.T) {
	var wire bytes.Buffer
	var log []string
	conn := over(nil, &wire)
	conn.Tap = tapped(&log)
	require.NoError(t, conn.WriteWords(codec.MakeVerb("DIR"), codec.Lit(`C:\`)))
	require.NoError(t, conn.Write(codec.DATA, []byte("abc")))
	require.Error(
		t, conn.WriteWords(codec.OK, codec.Lit(strings.Repeat("x", codec.MaxWords))),
		"it is too long, and never sent",
	)
	require.NoError(t, conn.WriteReserved(codec.DATA, append(make([]byte, codec.HeaderSize), "def"...)))
	require.NoError(t, conn.Flush())
	require.Equal(t, []string{`true DIR 4 "C:\\\n"`, `true DATA 3 "abc"`, `true DATA 3 "def"`}, log)

	log = nil
	conn = reading(append(wire.Bytes(), "OK   00000000"...))
	conn.Tap = tapped(&log)
	frames, err := readAll(conn)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Len(t, frames, 3)
	require.Equal(
		t, []string{`false DIR 4 "C:\\\n"`, `false DATA 3 "abc"`, `false DATA 3 "def"`}, log,
		"what is no whole frame is none",
	)
}

func TestTapIsNotCalledAfterAFailedWrite(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	var log []string
	conn := over(nil, w)
	conn.Tap = tapped(&log)
	require.NoError(t, conn.WriteWords(codec.OK))
	require.Error(t, conn.Flush())
	require.Error(t, conn.WriteWords(codec.OK))
	require.Len(t, log, 1)
}

// BenchmarkTheTap measures what a Tap costs a transfer: one call for each frame.
func BenchmarkTheTap(b *testing.B) {
	for _, on := range []bool{false, true} {
		b.Run(fmt.Sprint(on), func(b *testing.B) {
			conn := over(nil, io.Discard)
			if on {
				conn.Tap = func(bool, codec.Frame) {}
			}
			frame := make([]byte, codec.HeaderSize+256<<10)
			for b.Loop() {
				_ = conn.WriteReserved(codec.DATA, frame)
			}
		})
	}
}
