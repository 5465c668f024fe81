package codec_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestExpectStopsAtTheFirstDifferingByte(t *testing.T) {
	more := errors.New("asked for more")
	for _, row := range []struct {
		sent string
		err  error
	}{
		{"AUTH cookie\n", nil},
		{"auth cookie\n", nil},
		{"aUtH 0000000000\n", nil},
		{"AUX", is(codec.BadFrame)},
		{"G", is(codec.BadFrame)},
		{"\x16\x03", is(codec.BadFrame)},
		{"AUTH\t", is(codec.BadFrame)},
		{"AUTH\x00", is(codec.BadFrame)},
		{"aUT", more},
		{"", more},
	} {
		rest := io.MultiReader(strings.NewReader(row.sent), iotest.ErrReader(more))
		conn := over(iotest.OneByteReader(rest), io.Discard)
		require.ErrorIs(t, conn.Expect("AUTH "), row.err, "%q", row.sent)
	}
}

func TestExpectLeavesTheBytesToBeRead(t *testing.T) {
	conn := reading([]byte("AUTH 0000000007\ncookie\n"))
	require.NoError(t, conn.Expect("AUTH "))
	f, err := conn.ReadFrame()
	require.NoError(t, err)
	require.Equal(t, `AUTH 7 "cookie\n"`, f.String())
}

const hello = "HELO 0000000009\ntechsh/1\n"

func TestSkipNoiseFindsTheHello(t *testing.T) {
	for _, noise := range []string{
		"", "Welcome!\r\n", "Last login: today\n\n", "HELO", "HELO 0000000009\ntechs",
		"HELO 0000000009\nother/", hello[:len(hello)-3] + "\b",
		"OK   0000000009\ntechsh/", "techsh/", strings.Repeat("/", 1000),
		strings.Repeat("x", codec.MaxNoise-1), strings.Repeat("/", codec.MaxNoise),
	} {
		for _, slow := range []bool{false, true} {
			var r io.Reader = strings.NewReader(noise + hello + "TICK 0000000000\n")
			if slow {
				r = iotest.OneByteReader(r)
			}
			conn := over(r, io.Discard)
			require.NoError(t, conn.SkipNoise(), "%.50q", noise)
			frames, err := readAll(conn)
			require.ErrorIs(t, err, io.EOF)
			require.Equal(t, []string{`HELO "" "techsh/1\n"`, `TICK "" ""`}, frames, "%.50q", noise)
		}
	}
}

func TestSkipNoiseGivesUp(t *testing.T) {
	err := reading([]byte(strings.Repeat("x", codec.MaxNoise+1) + hello)).SkipNoise()
	require.ErrorIs(t, err, is(codec.BadFrame))
	require.Less(t, len(err.Error()), 200, "the error holds only the beginning")

	err = reading([]byte("bash: techshd: command not found\n")).SkipNoise()
	require.ErrorIs(t, err, is(codec.BadFrame))
	require.ErrorContains(t, err, `: it said "bash: techshd: command not found\n"`)

	require.Equal(t, io.EOF, reading(nil).SkipNoise())

	endless := over(&endless{frame: []byte("y\n")}, io.Discard)
	require.ErrorIs(t, endless.SkipNoise(), is(codec.BadFrame))
}
