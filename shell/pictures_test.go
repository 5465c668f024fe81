package shell

import (
	"bytes"
	"encoding/binary"
	"fmt"
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
)

// colorful is a picture in which no two pixels beside each other are alike.
func colorful(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, color.RGBA{byte(x * 8), byte(y * 8), byte((x + y) * 16), 255})
		}
	}
	return m
}

// pngOf and jpegOf are files of that size.
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

// pngHead is the beginning of a PNG of that size, depth and kind of colour,
// whatever is behind it.
func pngHead(width, height uint32, depth, kind byte) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, depth, kind, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}

// A picture is one file of SHOT as a hostile server sends it.
type picture struct {
	line   string // of FILE; "" is a usual one
	size   string
	pairs  string
	pieces [][]byte
	sum    string // "" is the right one
}

// sumOf is what SUM says of those bytes.
func sumOf(pieces ...[]byte) string {
	return fmt.Sprintf("crc32c=%08x", crc32.Checksum(bytes.Join(pieces, nil), crc32.MakeTable(crc32.Castagnoli)))
}

// shows sends pictures.
func shows(pictures ...picture) func(c *codec.Conn, _ []codec.Word) {
	return func(c *codec.Conn, _ []codec.Word) {
		for _, p := range pictures {
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
				p.sum = sumOf(p.pieces...)
			}
			_ = c.Write(codec.SUM, []byte(p.sum+"\n"))
		}
		ok(c)
	}
}

// A picture that would take too much memory, or is none, is refused before it
// is decoded and nothing of it stays.
func TestPicturesAreLookedAtBeforeTheyAreKept(t *testing.T) {
	small := pngOf(t, colorful(40, 30))
	big := jpegOf(t, colorful(9, 9))
	copy(big[bytes.Index(big, []byte("\xff\xc0"))+5:], "\x3e\x80\x7d\x00") // 32000x16000
	progressive := jpegOf(t, colorful(9, 9))
	progressive[bytes.Index(progressive, []byte("\xff\xc0"))+1] = 0xc2
	endless := make([]byte, codec.MaxBytes)
	flood := [][]byte{small}
	for range 64 {
		flood = append(flood, endless)
	}
	for name, test := range map[string]struct {
		line    string
		picture picture
		says    string
	}{
		"a bomb":                   {"shot", picture{pieces: [][]byte{pngHead(20000, 20000, 8, 2)}}, "a picture of 400000000 pixels, the most is 104857600"},
		"one pixel too many":       {"shot", picture{pieces: [][]byte{pngHead(104857601, 1, 8, 2)}}, "a picture of 104857601 pixels"},
		"a bomb byte by byte":      {"shot", picture{pieces: bytes.SplitAfter(pngHead(20000, 20000, 8, 2), nil)}, "400000000 pixels"},
		"sides that overflow":      {"shot", picture{pieces: [][]byte{pngHead(1<<31-1, 1<<31-1, 8, 2)}}, "not a png picture"},
		"no size":                  {"shot", picture{pieces: [][]byte{pngHead(0, 0, 8, 2)}}, "not a png picture"},
		"a lie":                    {"shot", picture{pairs: "display=1 at=0,0 size=800x600", pieces: [][]byte{small}}, "the picture is 40x30, but 800x600 was announced"},
		"a lie with escapes":       {"shot", picture{pairs: `size=e"\x1b]0;x"`, pieces: [][]byte{small}}, ""},
		"16 bits":                  {"shot", picture{pieces: [][]byte{pngHead(100, 100, 16, 6)}}, "16 bits a colour"},
		"not a picture":            {"shot", picture{pieces: [][]byte{[]byte("#!/bin/sh\nrm -rf ~\n")}}, "not a png picture"},
		"nothing":                  {"shot", picture{}, "not a png picture"},
		"the beginning of one":     {"shot", picture{pieces: [][]byte{small[:20]}}, "not a png picture"},
		"a jpeg":                   {"shot", picture{pieces: [][]byte{jpegOf(t, colorful(9, 9))}}, "not a png picture"},
		"a png for a jpeg":         {"shot --format jpeg", picture{pieces: [][]byte{small}}, "not a jpeg picture"},
		"a jpeg bomb":              {"shot -o x.jpg", picture{pieces: [][]byte{big}}, "a picture of 512000000 pixels"},
		"a progressive jpeg":       {"shot -o x.jpg", picture{pieces: [][]byte{progressive}}, "not a baseline one"},
		"one behind what is none":  {"shot -o x.jpg", picture{pieces: [][]byte{[]byte("\xff\xd8\xff\xd0\x00\x09"), progressive[2:]}}, "not a baseline one"},
		"a jpeg that never begins": {"shot -o x.jpg", picture{pieces: [][]byte{[]byte("\xff\xd8\xff\xfe\xff\xff"), make([]byte, 70000)}}, "not a jpeg picture"},
		"a huge file":              {"shot", picture{size: "67108865", pieces: [][]byte{small}}, "a picture of 67108865 bytes, the most is 67108864"},
		"an endless file":          {"shot", picture{pieces: flood}, "a picture of more than 67108864 bytes"},
		"no sum":                   {"shot", picture{pieces: [][]byte{small}, sum: "none"}, "the sender gave no sum"},
		"another sum":              {"shot", picture{pieces: [][]byte{small}, sum: "crc32c=00000000"}, "the sum here is"},
		"more than announced":      {"shot", picture{size: "10", pieces: [][]byte{small}}, "more than the announced 10 bytes came"},
		"a folder":                 {"shot", picture{line: "d 0755 - - shot.png"}, "a folder among the files"},
		"no line":                  {"shot", picture{line: "x"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, output, local, _ := hostile(t, answers{"SHOT": shows(test.picture)})
			require.Error(t, s.does(t, test.line))
			said := output()
			require.Contains(t, said, test.says)
			require.NotContains(t, said, "\x1b")
			require.Empty(t, everything(t, local))
			require.NoError(t, s.does(t, "ping"), "the session goes on")
		})
	}
}

func TestOnePictureIsOne(t *testing.T) {
	p := picture{pieces: [][]byte{pngOf(t, colorful(9, 9))}}
	for line, test := range map[string]struct {
		pictures []picture
		says     string
	}{
		"shot -o x.png":                  {[]picture{p, p}, "a second picture came"},
		"shot --watch 0.1 -n 1 -o x.png": {[]picture{p, p}, "more than 1 pictures came"},
		"shot --watch 1h -o x.png":       {[]picture{p, p, p, p}, "4 pictures came in"},
		"shot --preview never":           {nil, "no picture came"},
	} {
		s, output, local, _ := hostile(t, answers{"SHOT": shows(test.pictures...)})
		require.Error(t, s.does(t, line))
		require.Contains(t, output(), test.says)
		require.LessOrEqual(t, len(everything(t, local)), 3)
	}
}

// What is there stays, and no picture comes that could not be kept.
func TestThePictureStaysThatWasThere(t *testing.T) {
	for line, name := range map[string]string{"shot -o x.png": "x.png", "shot --watch 1s -o x.png": "x-001.png"} {
		s, output, local, _ := hostile(t, answers{"SHOT": func(c *codec.Conn, _ []codec.Word) { t.Error("it was asked for one"); ok(c) }})
		require.NoError(t, os.WriteFile(filepath.Join(local, name), []byte("mine"), 0o600))
		require.Error(t, s.does(t, line))
		require.Contains(t, output(), name+": exists already")
		b, err := os.ReadFile(filepath.Join(local, name))
		require.NoError(t, err)
		require.Equal(t, "mine", string(b))
	}
}

func TestThePictureThatWasThereIsReplacedWithF(t *testing.T) {
	s, _, local, _ := hostile(t, answers{"SHOT": shows(picture{pieces: [][]byte{pngOf(t, colorful(9, 9))}})})
	require.NoError(t, os.WriteFile(filepath.Join(local, "x.png"), []byte("mine"), 0o600))
	require.NoError(t, s.does(t, "shot -f -o x.png"))
	b, err := os.ReadFile(filepath.Join(local, "x.png"))
	require.NoError(t, err)
	require.Equal(t, "\x89PNG", string(b[:4]))
}

// It may also get there while the picture comes.
func TestThePictureStaysThatGotThereMeanwhile(t *testing.T) {
	var s *Shell
	s, output, local, _ := hostile(t, answers{"SHOT": func(c *codec.Conn, w []codec.Word) {
		require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "x.png"), []byte("mine"), 0o600))
		shows(picture{pieces: [][]byte{pngOf(t, colorful(9, 9))}})(c, w)
	}})
	require.Error(t, s.does(t, "shot -o x.png"))
	require.Contains(t, output(), "x.png: exists already")
	b, err := os.ReadFile(filepath.Join(local, "x.png"))
	require.NoError(t, err)
	require.Equal(t, "mine", string(b))
}
