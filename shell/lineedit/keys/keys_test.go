package keys_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"techsh/shell/lineedit/keys"
)

func decode(t *testing.T, in string) string {
	r := keys.NewReader(strings.NewReader(in), nil)
	defer func() { _ = r.Close() }()
	out, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(out)
}

func runesOf(r ...rune) string { return string(r) }

func TestKeysAreTranslated(t *testing.T) {
	paste := func(text string) string { return runesOf(keys.PasteStart) + text + runesOf(keys.PasteEnd) }
	for _, c := range []struct{ name, in, want string }{
		{"text", "dir C:\\ שלום 文件 😀\r", "dir C:\\ שלום 文件 😀\r"},
		{"Ctrl-Space", "a\x00b", "ab"},
		{"Home in xterm, tmux, rxvt", "\x1b[H\x1b[1~\x1b[7~\x1bOH\x1b[1;5H", "\x01\x01\x01\x01\x01"},
		{"End in xterm, tmux, rxvt", "\x1b[F\x1b[4~\x1b[8~\x1bOF", "\x05\x05\x05\x05"},
		{"Delete", "\x1b[3~\x1b[3;5~", runesOf(keys.Delete, keys.Delete)},
		{"arrows", "\x1b[A\x1b[B\x1b[C\x1b[D\x1bOA\x1bOD", "\x10\x0e\x06\x02\x10\x02"},
		{"arrows with Shift", "\x1b[1;2D\x1b[1;2C", "\x02\x06"},
		{
			"arrows with Ctrl, Alt",
			"\x1b[1;5D\x1b[1;5C\x1b[1;3D\x1b[1;3C",
			runesOf(keys.WordLeft, keys.WordRight, keys.WordLeft, keys.WordRight),
		},
		{
			"Alt with letters",
			"\x1bb\x1bf\x1bd\x1b\x7f",
			runesOf(keys.WordLeft, keys.WordRight, keys.CutRight, keys.CutLeft),
		},
		{"Escape in front of a letter", "\x1bl\x1b\x1bs\x1bOut\x1bPut\x1b]x", "lsOutPut]x"},
		{"Alt-Enter", "a\x1b\r", "a\r"},
		{"function keys", "\x1bOP\x1b[15~\x1b[[Ax\x1b[200;5~", "x"},
		{"answers of the terminal", "\x1b[?62;4c\x1b[5;10R\x1b]11;rgb:0/0/0\x1b\\\x1bP1$r0m\x1b\\\x1b]4;0\x07x", "x"},
		{"a long sequence", "\x1b[" + strings.Repeat("1;", 99) + "Ax", "x"},
		{"a broken sequence", "\x1b[1\rx\x1b[2\x1b[Hy", "\rx\x01y"},
		{"not UTF-8", "a\xffb\xe4\xffc\xe6\x96d", "a\uFFFDb\uFFFD\uFFFDc\uFFFDd"},
		{"our own keys", "a\uFDD0\uFDD7b\u009bc", "abc"},
		{"paste", "x\x1b[200~dir\x1b[201~y", "x" + paste("dir") + "y"},
		{"paste of a line", "\x1b[200~dir C:\\\r\n\x1b[201~", paste(`dir C:\`)},
		{
			"paste of lines",
			"\x1b[200~cd x\r\r\n  # why\n\tls\n \n\x1b[201~", paste("cd x"+runesOf(keys.LineBreak)+"ls") + "\r",
		},
		{"paste of blanks", "\x1b[200~ \t \x1b[201~", paste("   ")},
		{"paste of controls", "\x1b[200~a\x00\x07\x1b[31m\x1b\x1b[20\uFDD5b\xff\x1b[201~", paste("a[31m[20b\uFFFD")},
		{"paste given up", "\x1b[200~abc\x03x", "\x03x"},
		{
			"paste too long",
			"\x1b[200~" + strings.Repeat("a", keys.MaxPaste+1) + "\x1b[201~x",
			runesOf(keys.PasteTooLong) + "x",
		},
		{
			"paste just not too long",
			"\x1b[200~" + strings.Repeat("a", keys.MaxPaste) + "\x1b[201~",
			paste(strings.Repeat("a", keys.MaxPaste)),
		},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, decode(t, c.in)) })
	}
}

func FuzzChunkingMustNotMatter(f *testing.F) {
	for _, s := range []string{
		"abc\r", "\x1b[1~x\x1b[3~", "\x1b[200~a\nb\x1b[201~",
		"\x1b[", "\x1b[1;5D", "\x00", "שלום\r", "\x1b]11;x\x1b\\", "\x1b[[A",
	} {
		f.Add([]byte(s), 1)
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		if step < 1 || step > 64 {
			return
		}
		read := func(step int) []byte {
			k := keys.NewReader(&stepReader{in, step}, nil)
			defer func() { _ = k.Close() }()
			out, err := io.ReadAll(k)
			require.NoError(t, err)
			return out
		}
		whole := read(1 << 20)
		require.Equal(t, whole, read(step))
		require.True(t, utf8.Valid(whole))
		require.Zero(t, bytes.Count(whole, []byte{keys.Escape})+bytes.Count(whole, []byte{0}))
		text := string(whole)
		require.Equal(t, strings.Count(text, runesOf(keys.PasteStart)), strings.Count(text, runesOf(keys.PasteEnd)))
		require.NotContains(t, text, runesOf(keys.Wake))
	})
}

// A stepReader returns at most step bytes per Read.
type stepReader struct {
	b    []byte
	step int
}

func (s *stepReader) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.step)], s.b)
	s.b = s.b[n:]
	return n, nil
}

func TestKeyReaderReadsOnlyWhenAsked(t *testing.T) {
	asked := make(chan chan string)
	k := keys.NewReader(readerFunc(func(p []byte) (int, error) {
		answer := make(chan string)
		asked <- answer
		return copy(p, <-answer), nil
	}), nil)
	defer func() { _ = k.Close() }()

	select {
	case <-asked:
		t.Fatal("nobody has asked yet")
	default:
	}
	got := make(chan string)
	read := func() {
		b := make([]byte, 64)
		n, _ := k.Read(b)
		got <- string(b[:n])
	}
	go read()
	answer := <-asked
	k.Wake()
	require.Equal(t, runesOf(keys.Wake), <-got, "while the terminal is read")
	go read()
	answer <- "x\r"
	require.Equal(t, "x\r", <-got, "what the same read of the terminal returned")
	select {
	case <-asked:
		t.Fatal("the terminal is read between two prompts")
	default:
	}
}

func TestEventsWaitForTheSearch(t *testing.T) {
	in, out := io.Pipe()
	t.Cleanup(func() { _ = out.Close() })
	resized := make(chan struct{}, 1)
	k := keys.NewReader(in, resized)
	defer func() { _ = k.Close() }()
	read := func() string {
		b := make([]byte, 64)
		n, _ := k.Read(b)
		return string(b[:n])
	}
	go func() { _, _ = out.Write([]byte("\x12ab\x7f\x08")) }()
	require.Equal(t, "\x12ab\x7f\x08", read())
	k.Wake()
	resized <- struct{}{}
	go func() { _, _ = out.Write([]byte("c\x1b[D")) }()
	require.Equal(t, "c\x02", read())
	require.ElementsMatch(t, []string{runesOf(keys.Wake), runesOf(keys.Resize)}, []string{read(), read()})
	close(resized)
	go func() { _ = k.Close() }()
	require.Empty(t, read(), "a closed channel is no event")
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
