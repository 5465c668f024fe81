package x11_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"io"
	"math"
	"math/bits"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/remote/screen/x11"
)

func TestParseDisplay(t *testing.T) {
	for display, want := range map[string]struct {
		network, address, number string
		screen                   int
	}{
		":0":               {"unix", "/tmp/.X11-unix/X0", "0", 0},
		":10.2":            {"unix", "/tmp/.X11-unix/X10", "10", 2},
		"unix:1":           {"unix", "/tmp/.X11-unix/X1", "1", 0},
		"/tmp/launch/x:0":  {"unix", "/tmp/launch/x:0", "0", 0},
		"localhost:10.0":   {"tcp", "localhost:6010", "10", 0},
		"tcp/office:3":     {"tcp", "office:6003", "3", 0},
		"192.0.2.7:0":      {"tcp", "192.0.2.7:6000", "0", 0},
		"2001:db8::7:0":    {"tcp", "[2001:db8::7]:6000", "0", 0},
		"office.example:1": {"tcp", "office.example:6001", "1", 0},
	} {
		network, address, number, screen, err := x11.ParseDisplay(display)
		require.NoError(t, err, display)
		require.Equal(t, want.network, network, display)
		require.Equal(t, want.address, address, display)
		require.Equal(t, want.number, number, display)
		require.Equal(t, want.screen, screen, display)
	}
	for _, display := range []string{"", "0", ":", ":x", ":-1", "office", ":99999999999"} {
		_, _, _, _, err := x11.ParseDisplay(display)
		require.Error(t, err, display)
	}
}

// The families of addresses in an authority file, and the kind of the cookie.
const (
	familyInternet = 0
	familyLocal    = 256
	familyWild     = 65535
	cookieName     = "MIT-MAGIC-COOKIE-1"
)

// entry returns an entry of an authority file.
func entry(family int, words ...string) string {
	b := binary.BigEndian.AppendUint16(nil, uint16(family))
	for _, w := range words {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(w))), w...)
	}
	return string(b)
}

func TestCookieIsThatOfTheServer(t *testing.T) {
	secret := func(c byte) string { return string(bytes.Repeat([]byte{c}, 16)) }
	file := entry(familyLocal, "laptop", "0", cookieName, secret('a')) +
		entry(familyLocal, "office", "0", "XDM-AUTHORIZATION-1", secret('b')) +
		entry(familyLocal, "office", "0", cookieName, "short") +
		entry(familyLocal, "office", "0", cookieName, secret('c')) +
		entry(familyInternet, "\xc0\x00\x02\x07", "0", cookieName, secret('d')) +
		entry(familyWild, "", "5", cookieName, secret('e'))
	for _, c := range []struct{ host, ip, number, want string }{
		{"office", "", "0", secret('c')},
		{"laptop", "", "0", secret('a')},
		{"laptop", "", "1", ""},
		{"office", "\xc0\x00\x02\x07", "0", secret('d')},
		{"office", "\xc0\x00\x02\x08", "0", ""},
		{"nobody", "", "5", secret('e')},
	} {
		require.Equal(t, c.want, string(x11.FindCookie([]byte(file), c.host, c.ip, c.number)), "%+v", c)
	}
	for n := range len(file) {
		x11.FindCookie([]byte(file[:n]), "office", "", "9") // does not read past the end
	}
}

// serve answers like an X server: first the greeting, then all replies.
func serve(t *testing.T, answers ...[]byte) *x11.Conn {
	here, there := net.Pipe()
	go func() {
		defer there.Close()
		go func() { _, _ = io.Copy(io.Discard, there) }()
		for _, a := range answers {
			if _, err := there.Write(a); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { here.Close() })
	return x11.NewConn(here)
}

// A server that disconnects, or sends wrong data, causes an error and never a panic, and
// memory is not allocated for sizes that it only claims.
func TestServerSendsAMalformedGreeting(t *testing.T) {
	setup := make([]byte, 32+8+40)
	binary.LittleEndian.PutUint32(setup[8:], 0x1fffff)
	setup[20], setup[21] = 1, 1 // a screen, a format
	copy(setup[32:], []byte{24, 32, 32})
	binary.LittleEndian.PutUint16(setup[40+20:], 640)
	binary.LittleEndian.PutUint16(setup[40+22:], 480)
	setup[40+38] = 24
	head := []byte{1, 0, 11, 0, 0, 0, byte(len(setup) / 4), 0}
	whole := append(head, setup...)

	c := serve(t, whole)
	size, err := c.Greet()
	require.NoError(t, err)
	require.Equal(t, image.Pt(640, 480), size)
	for n := range len(whole) {
		_, err := serve(t, whole[:n]).Greet()
		require.Error(t, err, "%d bytes", n)
	}
	for i := range setup { // for any value of each number
		odd := bytes.Clone(whole)
		odd[8+i] = 0xff
		_, _ = serve(t, odd).Greet()
	}
	var refusal x11.Refusal
	_, err = serve(t, []byte{0, 3, 11, 0, 0, 0, 1, 0}, []byte("no.\x00")).Greet()
	require.ErrorAs(t, err, &refusal)
	require.EqualValues(t, "no.", refusal)

	huge := make([]byte, 32)
	huge[0], huge[2] = 1, 1
	binary.LittleEndian.PutUint32(huge[4:], 1<<31)
	require.ErrorIs(t, serve(t, huge).Ask(), x11.ErrNonsense)
	wrong := make([]byte, 32)
	wrong[0], wrong[2] = 1, 9
	require.ErrorIs(t, serve(t, wrong).Ask(), x11.ErrNonsense)
}

// Any reply of an X server is either an error or usable.
func TestMalformedReplies(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	replies := func(longest int) (all [][]byte) {
		for seq := range 8 {
			words := random.IntN(longest + 1)
			b := make([]byte, 32+4*words)
			for i := range b {
				b[i] = byte(random.Uint32() >> random.UintN(24)) // many are small
			}
			b[0] = 1
			binary.LittleEndian.PutUint16(b[2:], uint16(seq+1))
			binary.LittleEndian.PutUint32(b[4:], uint32(words))
			all = append(all, b)
		}
		return all
	}
	for range 500 {
		list, err := serve(t, replies(40)...).Monitors(t.Context())
		for _, m := range list {
			require.NoError(t, err)
			require.False(t, m.Bounds.Empty())
			require.True(t, m.Bounds.In(image.Rect(0, 0, 1<<16, 1<<16)))
		}
		value, _ := serve(t, replies(40)...).Property(t.Context(), "anything")
		require.LessOrEqual(t, len(value), 160)

		c := serve(t, replies(8)...)
		masks := [3]uint32{random.Uint32(), 0, 1 << 31}
		c.SetScreen(image.Pt(8, 8), 16+16*random.IntN(2), 8+random.IntN(248), masks)
		region := image.Rect(0, 0, 1+random.IntN(2), 1+random.IntN(2))
		if m, err := c.Grab(t.Context(), region); err == nil {
			require.Equal(t, region.Size(), m.Size)
			require.GreaterOrEqual(t, len(m.Pix), m.Stride*(m.Size.Y-1)+4*m.Size.X)
		}
	}
}

func TestOpenGivesUpOnASilentServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	here, there := net.Pipe()
	defer there.Close()
	c := x11.NewConn(here)
	time.AfterFunc(10*time.Millisecond, cancel)
	_, err := c.Monitors(ctx)
	require.ErrorIs(t, err, context.Canceled)
}

// A color of few bits is the nearest of those of 8 bits, so that white stays white.
func TestColorsAreRoundedToTheNearest(t *testing.T) {
	for name, row := range map[string]struct {
		bits  int
		masks [3]uint32
	}{
		"30 bits":    {32, [3]uint32{0x3ff << 20, 0x3ff << 10, 0x3ff}},
		"16 bits":    {16, [3]uint32{0x1f << 11, 0x3f << 5, 0x1f}},
		"15 bits":    {16, [3]uint32{0x1f << 10, 0x1f << 5, 0x1f}},
		"24 bits":    {32, [3]uint32{0xff, 0xff << 8, 0xff << 16}},
		"all in one": {32, [3]uint32{0xffffffff, 0xffffff, 1}},
	} {
		for i, mask := range row.masks {
			shift := bits.TrailingZeros32(mask)
			top := float64(mask >> shift)
			for step := range 1024 {
				v := uint32(math.Round(top * float64(step) / 1023))
				pix := binary.LittleEndian.AppendUint32(nil, v<<shift)
				got := x11.Convert(pix, row.bits, row.masks)
				require.EqualValues(t, math.Floor(float64(v)*255/top+0.5), got[i], "%s %d of %v", name, v, top)
			}
		}
	}
}
