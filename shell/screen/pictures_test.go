package screen_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/shelltest"
)

// colorful returns a picture in which no two neighbouring pixels are alike.
func colorful(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, color.RGBA{byte(x * 8), byte(y * 8), byte((x + y) * 16), 255})
		}
	}
	return m
}

func pngOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, m))
	return b.Bytes()
}

func jpegOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, m, nil))
	return b.Bytes()
}

// pngHead returns the beginning of a PNG with the given size, depth and color type.
func pngHead(width, height uint32, depth, colorType byte) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, depth, colorType, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}

// A picture is one picture in the answer of a hostile server to SHOT.
type picture struct {
	line   string // body of FILE; "" means a usual one
	size   string // announced size; "" means none
	pairs  string
	pieces [][]byte
	sum    string // body of SUM; "" means the correct one
}

// smallPicture returns a small picture whose FILE has the given pairs.
func smallPicture(t *testing.T, pairs string) picture {
	t.Helper()
	return picture{pairs: pairs, pieces: [][]byte{pngOf(t, colorful(9, 6))}}
}

func (p picture) send(c *codec.Conn) {
	if p.size == "" {
		p.size = "-"
	}
	if p.line == "" {
		p.line = strings.TrimSpace("f 0600 " + p.size + " - shot.png " + p.pairs)
	}
	_ = c.Write(codec.FILE, []byte(p.line+"\n"))
	for _, b := range p.pieces {
		_ = c.Write(codec.DATA, b)
	}
	if p.sum == "" {
		p.sum = shelltest.SumOf(p.pieces...)
	}
	_ = c.Write(codec.SUM, []byte(p.sum+"\n"))
}

// sends returns a handler that answers SHOT with pictures.
func sends(pictures ...picture) func(c *codec.Conn, _ []codec.Word) {
	return func(c *codec.Conn, _ []codec.Word) {
		for _, p := range pictures {
			p.send(c)
		}
		shelltest.OK(c)
	}
}

// newSession returns a session with a server that handles SHOT with shot.
func newSession(t *testing.T, shot func(c *codec.Conn, words []codec.Word)) *shelltest.Session {
	t.Helper()
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"SHOT": shot})
	return s
}

// A refusedPicture is one that must not be kept.
type refusedPicture struct {
	line    string
	picture picture
	says    string
}

// refusedPictures returns pictures that need too much memory, or are invalid.
func refusedPictures(t *testing.T) map[string]refusedPicture {
	of := func(pieces ...[]byte) picture { return picture{pieces: pieces} }
	small := pngOf(t, colorful(40, 30))
	bigJPEG := jpegOf(t, colorful(9, 9))
	copy(bigJPEG[bytes.Index(bigJPEG, []byte("\xff\xc0"))+5:], "\x3e\x80\x7d\x00") // as if it were 32000x16000
	progressive := jpegOf(t, colorful(9, 9))
	progressive[bytes.Index(progressive, []byte("\xff\xc0"))+1] = 0xc2
	endless := make([]byte, codec.MaxBytes)
	flood := [][]byte{small}
	for range 64 {
		flood = append(flood, endless)
	}
	announced := func(pairs string) picture { return picture{pairs: pairs, pieces: [][]byte{small}} }
	const bomb = "a picture of 400000000 pixels, the limit is 104857600"
	noPNG, noJPEG := "not a png picture", "not a jpeg picture"
	return map[string]refusedPicture{
		"a bomb":               {"shot", of(pngHead(20000, 20000, 8, 2)), bomb},
		"a bomb byte by byte":  {"shot", of(bytes.SplitAfter(pngHead(20000, 20000, 8, 2), nil)...), bomb},
		"one pixel too many":   {"shot", of(pngHead(104857601, 1, 8, 2)), "a picture of 104857601 pixels"},
		"sides that overflow":  {"shot", of(pngHead(1<<31-1, 1<<31-1, 8, 2)), noPNG},
		"no size":              {"shot", of(pngHead(0, 0, 8, 2)), noPNG},
		"a lie with escapes":   {"shot", announced(`size=e"\x1b]0;x"`), ""},
		"16 bits":              {"shot", of(pngHead(100, 100, 16, 6)), "16 bits a colour"},
		"not a picture":        {"shot", of([]byte("#!/bin/sh\nrm -rf ~\n")), noPNG},
		"nothing":              {"shot", of(), noPNG},
		"the beginning of one": {"shot", of(small[:20]), noPNG},
		"a jpeg":               {"shot", of(jpegOf(t, colorful(9, 9))), noPNG},
		"a png for a jpeg":     {"shot --format jpeg", of(small), noJPEG},
		"a jpeg bomb":          {"shot -o x.jpg", of(bigJPEG), "a picture of 512000000 pixels"},
		"a progressive jpeg":   {"shot -o x.jpg", of(progressive), "not a baseline one"},
		"an endless file":      {"shot", of(flood...), "a picture of more than 67108864 bytes"},
		"a folder":             {"shot", picture{line: "d 0755 - - shot.png"}, "a folder among the files"},
		"no line":              {"shot", picture{line: "x"}, ""},
		"a lie": {
			"shot", announced("display=1 at=0,0 size=800x600"), "the picture is 40x30, but 800x600 was announced",
		},
		"a progressive jpeg in pieces": {
			"shot -o x.jpg", of([]byte("\xff\xd8\xff\xd0\x00\x09"), progressive[2:]), "not a baseline one",
		},
		"a jpeg that never begins": {
			"shot -o x.jpg", of([]byte("\xff\xd8\xff\xfe\xff\xff"), make([]byte, 70000)), noJPEG,
		},
		"a huge file": {
			"shot",
			picture{size: "67108865", pieces: [][]byte{small}},
			"a picture of 67108865 bytes, the limit is 67108864",
		},
		"no sum": {
			"shot", picture{pieces: [][]byte{small}, sum: "none"}, "the sender gave no sum",
		},
		"another sum": {
			"shot", picture{pieces: [][]byte{small}, sum: "crc32c=00000000"}, "the sum is",
		},
		"more than announced": {
			"shot", picture{size: "10", pieces: [][]byte{small}}, "more than the announced 10 bytes arrived",
		},
	}
}

func TestRefusedPicturesAreNotKept(t *testing.T) {
	for name, c := range refusedPictures(t) {
		t.Run(name, func(t *testing.T) {
			s := newSession(t, sends(c.picture))
			require.Error(t, s.Run(c.line))
			printed := s.Printed()
			require.Contains(t, printed, c.says)
			require.NotContains(t, printed, "\x1b")
			require.Empty(t, shelltest.Everything(t, s.Dir))
			require.NoError(t, s.Run("ping"), "the session goes on")
		})
	}
}

func TestNoMorePicturesComeThanRequested(t *testing.T) {
	p := smallPicture(t, "")
	for line, c := range map[string]struct {
		pictures []picture
		says     string
	}{
		"shot -o x.png":                  {[]picture{p, p}, "a second picture came"},
		"shot --watch 0.1 -n 1 -o x.png": {[]picture{p, p}, "more than 1 pictures came"},
		"shot --watch 1h -o x.png":       {[]picture{p, p, p, p}, "4 pictures came in"},
		"shot --preview never":           {nil, "no picture came"},
	} {
		s := newSession(t, sends(c.pictures...))
		require.Error(t, s.Run(line))
		require.Contains(t, s.Printed(), c.says)
		require.LessOrEqual(t, len(shelltest.Everything(t, s.Dir)), 3)
	}
}

// The remote takes no picture if it could not be stored.
func TestAnExistingFileStays(t *testing.T) {
	for line, name := range map[string]string{"shot -o x.png": "x.png", "shot --watch 1s -o x.png": "x-001.png"} {
		s := newSession(t, func(c *codec.Conn, _ []codec.Word) {
			t.Error("no picture may be requested")
			shelltest.OK(c)
		})
		path := filepath.Join(s.Dir, name)
		require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
		require.Error(t, s.Run(line))
		require.Contains(t, s.Printed(), name+": exists already")
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "mine", string(b))
	}
}

func TestAnExistingFileIsReplacedWithF(t *testing.T) {
	s := newSession(t, sends(smallPicture(t, "")))
	path := filepath.Join(s.Dir, "x.png")
	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	s.Does("shot -f -o x.png")
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "\x89PNG", string(b[:4]))
}

func TestAFileThatAppearsMeanwhileStays(t *testing.T) {
	var path string
	p := smallPicture(t, "")
	s := newSession(t, func(c *codec.Conn, words []codec.Word) {
		if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
			t.Error(err)
		}
		sends(p)(c, words)
	})
	path = filepath.Join(s.Dir, "x.png")
	require.Error(t, s.Run("shot -o x.png"))
	require.Contains(t, s.Printed(), "x.png: exists already")
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "mine", string(b))
}
