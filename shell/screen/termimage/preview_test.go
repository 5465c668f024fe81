package termimage_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/console"
	"techsh/shell/screen/termimage"
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

// window returns a preview in a window of the given size.
func window(screen image.Point, g termimage.Graphics) termimage.Preview {
	return termimage.Preview{Nearest: console.Color256, Screen: screen, Graphics: g}
}

// drawn returns the output of drawing m.
func drawn(t *testing.T, v termimage.Preview, m image.Image) string {
	t.Helper()
	var b bytes.Buffer
	v.Out = &b
	require.NoError(t, v.Draw(t.Context(), m))
	return b.String()
}

func TestHalfBlocksAreTwoPixelsEach(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 3, 3))
	red, blue := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}
	for x := range 3 {
		m.SetRGBA(x, 0, red)
		m.SetRGBA(x, 1, blue)
		m.SetRGBA(x, 2, red)
	}
	m.SetRGBA(2, 1, red)
	v := window(image.Pt(80, 24), termimage.Graphics{TrueColor: true})
	require.Equal(t, "\x1b[38;2;255;0;0;48;2;0;0;255m▀▀\x1b[38;2;255;0;0;48;2;255;0;0m▀\x1b[0m\n"+
		"\x1b[38;2;255;0;0m▀▀▀\x1b[0m\n", drawn(t, v, m))
	v.Graphics.TrueColor = false
	require.Equal(
		t,
		"\x1b[38;5;196;48;5;21m▀▀\x1b[38;5;196;48;5;196m▀\x1b[0m\n\x1b[38;5;196m▀▀▀\x1b[0m\n",
		drawn(t, v, m),
	)
}

// A drawn picture fits into the window whatever its shape, and a small one is not
// enlarged.
func TestPicturesHaveRoomOnTheScreen(t *testing.T) {
	for _, size := range []image.Point{
		{1, 1},
		{80, 42},
		{81, 43},
		{1920, 1080},
		{100000, 1},
		{1, 100000},
		{300, 3000},
	} {
		v := termimage.Preview{Nearest: console.Color256, Screen: image.Pt(80, 24)}
		text := drawn(t, v, image.NewGray(image.Rectangle{Max: size}))
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		require.LessOrEqual(t, len(lines), 24-3, "%v", size)
		width := strings.Count(lines[0], "▀")
		require.LessOrEqual(t, width, 80, "%v", size)
		require.Positive(t, width)
		if size.X <= 80 && size.Y <= 42 {
			require.Equal(t, []int{size.X, (size.Y + 1) / 2}, []int{width, len(lines)})
		}
	}
	tiny := termimage.Preview{Nearest: console.Color256, Screen: image.Pt(1, 1)}
	require.NotEmpty(t, drawn(t, tiny, colorful(10, 10)))
}

func TestAShrunkPictureIsTheMeanOfItsPixels(t *testing.T) {
	m := image.NewNRGBA(image.Rect(-2, -2, 2, 2)) // transparent, drawn as black
	for x := range 4 {
		m.SetNRGBA(x-2, -2, color.NRGBA{200, 100, 40, 255})
	}
	small := shrunk(t, m, image.Pt(2, 2))
	require.Equal(t, image.Rect(0, 0, 2, 2), small.Rect)
	require.Equal(t, color.RGBA{100, 50, 20, 255}, small.RGBAAt(0, 0))
	require.Equal(t, color.RGBA{0, 0, 0, 255}, small.RGBAAt(1, 1))
	require.Equal(t, colorful(30, 20).Pix, shrunk(t, colorful(30, 20), image.Pt(30, 20)).Pix)
	gray := image.NewGray(image.Rect(0, 0, 1920, 1080))
	require.Equal(t, image.Rect(0, 0, 80, 45), shrunk(t, gray, image.Pt(80, 98)).Rect)
}

// shrunk returns the picture that kitty receives if the window has room for so many
// pixels; both numbers must be even.
func shrunk(t *testing.T, m image.Image, room image.Point) *image.RGBA {
	t.Helper()
	text := drawn(t, termimage.Preview{
		Nearest:  console.Color256,
		Screen:   image.Pt(room.X/2, room.Y/2+3),
		Graphics: termimage.Graphics{Protocol: termimage.Kitty, Cell: image.Pt(2, 2)},
	}, m)
	var all string
	for _, p := range regexp.MustCompile("\x1b_G[^;]*;([^\x1b]*)\x1b\\\\").FindAllStringSubmatch(text, -1) {
		all += p[1]
	}
	return decoded(t, all)
}

func TestKittyGetsAPNGInPieces(t *testing.T) {
	m := colorful(200, 150)
	noise := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		if i%4 < 3 {
			m.Pix[i] = byte(noise.Uint32())
		}
	}
	text := drawn(
		t,
		window(image.Pt(80, 24), termimage.Graphics{Protocol: termimage.Kitty, Cell: image.Pt(9, 18)}),
		m,
	)
	pieces := regexp.MustCompile("\x1b_G([^;]*);([^\x1b]*)\x1b\\\\").FindAllStringSubmatch(text, -1)
	require.Greater(t, len(pieces), 1)
	var all string
	for i, p := range pieces {
		require.LessOrEqual(t, len(p[2]), 4096)
		options := "m=1"
		if i == len(pieces)-1 {
			options = "m=0"
		}
		if i == 0 {
			options = "a=T,f=100,q=2," + options
		}
		require.Equal(t, options, p[1])
		all += p[2]
	}
	require.Equal(t, m.Pix, decoded(t, all).Pix)
	require.True(t, strings.HasSuffix(text, "\x1b\\\n"), "the next line is below it")
}

func TestITermGetsAPNGAndItsWidth(t *testing.T) {
	m := colorful(95, 40)
	text := drawn(
		t,
		window(image.Pt(80, 24), termimage.Graphics{Protocol: termimage.ITerm2, Cell: image.Pt(10, 20)}),
		m,
	)
	parts := regexp.MustCompile(
		"^\x1b]1337;File=inline=1;size=([0-9]+);width=10:([^\x07]*)\x07\n$",
	).FindStringSubmatch(text)
	require.NotNil(t, parts, "%q", text[:80])
	require.Equal(t, m.Pix, decoded(t, parts[2]).Pix)
	b, err := base64.StdEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(len(b)), parts[1])
}

// decoded decodes a base64-encoded PNG.
func decoded(t *testing.T, text string) *image.RGBA {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	m, err := png.Decode(bytes.NewReader(b))
	require.NoError(t, err)
	rgba := image.NewRGBA(m.Bounds())
	draw.Draw(rgba, rgba.Rect, m, image.Point{}, draw.Src)
	return rgba
}

func TestSixelsAreThePicture(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {7, 6}, {30, 20}, {16, 5}} {
		m := colorful(size.X, size.Y)
		text := drawn(
			t,
			window(image.Pt(80, 24), termimage.Graphics{Protocol: termimage.Sixel, SixelColors: 256}),
			m,
		)
		got := fromSixels(t, text)
		require.Equal(t, m.Rect, got.Rect)
		near(t, m, got, 18) // 600 colours are reduced to 256
	}
	m := image.NewRGBA(image.Rect(0, 0, 50, 13)) // a small palette is kept exactly
	for i := range 50 * 13 {
		m.SetRGBA(i%50, i/50, color.RGBA{byte(i % 5 * 50), byte(i % 7 * 40), 99, 255})
	}
	near(
		t,
		m,
		fromSixels(
			t,
			drawn(
				t,
				window(image.Pt(80, 24), termimage.Graphics{Protocol: termimage.Sixel, SixelColors: 256}),
				m,
			),
		),
		2,
	)
}

func TestSixelsKeepToWhatTheTerminalHas(t *testing.T) {
	v := window(
		image.Pt(100, 40),
		termimage.Graphics{Protocol: termimage.Sixel, SixelColors: 16, LargestSixel: image.Pt(800, 600)},
	)
	text := drawn(t, v, colorful(3000, 2000))
	require.Len(t, regexp.MustCompile(`#[0-9]+;2;`).FindAllString(text, -1), 16)
	size := fromSixels(t, text).Rect.Size()
	require.LessOrEqual(t, size.X, 800)
	require.LessOrEqual(t, size.Y, 600*(40-3)/40)
	require.Greater(t, size.X, 700)
}

// near requires two pictures to differ by at most tolerance in each channel.
func near(t *testing.T, want, got *image.RGBA, tolerance int) {
	t.Helper()
	for i, w := range want.Pix {
		if d := int(w) - int(got.Pix[i]); d > tolerance || -d > tolerance {
			t.Fatalf("byte %d is %d, not %d", i, got.Pix[i], w)
		}
	}
}

// fromSixels decodes a sixel picture.
func fromSixels(t *testing.T, text string) *image.RGBA {
	t.Helper()
	parts := regexp.MustCompile(
		"^\x1bP0;1q\"1;1;([0-9]+);([0-9]+)([^\x1b]*)\x1b\\\\\n$",
	).FindStringSubmatch(text)
	require.NotNil(t, parts, "%q", text[:min(80, len(text))])
	var width, height int
	_, err := fmt.Sscan(parts[1], &width)
	require.NoError(t, err)
	_, err = fmt.Sscan(parts[2], &height)
	require.NoError(t, err)
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	palette := map[int]color.RGBA{}
	x, top, pen := 0, 0, color.RGBA{}
	for _, token := range regexp.MustCompile(
		`#\d+(;2;\d+;\d+;\d+)?|(!\d+)?[?-~]|[$-]`,
	).FindAllString(parts[3], -1) {
		switch token[0] {
		case '$':
			x = 0
		case '-':
			x, top = 0, top+6
		case '#':
			var n, r, g, b int
			if k, _ := fmt.Sscanf(token, "#%d;2;%d;%d;%d", &n, &r, &g, &b); k == 4 {
				palette[n] = color.RGBA{byte(r * 255 / 100), byte(g * 255 / 100), byte(b * 255 / 100), 255}
			}
			pen = palette[n]
		default:
			n := 1
			_, _ = fmt.Sscanf(token, "!%d", &n)
			bits := token[len(token)-1] - '?'
			for ; n > 0; n-- {
				for row := range 6 {
					if bits>>row&1 == 1 {
						require.Zero(t, m.RGBAAt(x, top+row).A, "a pixel is drawn once")
						m.SetRGBA(x, top+row, pen)
					}
				}
				x++
			}
		}
	}
	for i := 3; i < len(m.Pix); i += 4 {
		require.EqualValues(t, 255, m.Pix[i], "every pixel is drawn")
	}
	return m
}

// A stopping is a writer that cancels a context when it is written to.
type stopping struct {
	bytes.Buffer
	stop context.CancelCauseFunc
}

func (w *stopping) Write(b []byte) (int, error) {
	w.stop(context.Canceled)
	return w.Buffer.Write(b)
}

func TestCtrlCEndsADrawingSoThatTheTerminalIsUsable(t *testing.T) {
	for protocol, end := range map[termimage.Protocol]string{
		termimage.HalfBlocks: "\x1b\\\x1b[0m\n",
		termimage.Sixel:      "\x1b\\\x1b[0m\n",
		termimage.ITerm2:     "\x1b\\\x1b[0m\n",
		termimage.Kitty:      "\x1b\\\x1b_Ga=d,d=i,i=31;\x1b\\\n",
	} {
		ctx, stop := context.WithCancelCause(t.Context())
		w := &stopping{stop: stop}
		v := termimage.Preview{
			Nearest:  console.Color256,
			Out:      w,
			Screen:   image.Pt(80, 24),
			Graphics: termimage.Graphics{Protocol: protocol, SixelColors: 256, TrueColor: true},
		}
		require.ErrorIs(t, v.Draw(ctx, colorful(640, 400)), context.Canceled)
		require.Equal(t, end, w.String()[4<<10:], "nothing more of the picture")
	}
}

func BenchmarkPreview(b *testing.B) {
	m := colorful(3840, 2160)
	for name, protocol := range map[string]termimage.Protocol{
		"blocks": termimage.HalfBlocks, "sixel": termimage.Sixel, "kitty": termimage.Kitty,
	} {
		b.Run(name, func(b *testing.B) {
			v := termimage.Preview{
				Nearest:  console.Color256,
				Out:      new(bytes.Buffer),
				Screen:   image.Pt(120, 40),
				Graphics: termimage.Graphics{Protocol: protocol, SixelColors: 256},
			}
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, v.Draw(b.Context(), m))
			}
		})
	}
}
