package x11

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDisplayNamesAServer(t *testing.T) {
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
		network, address, number, screen, err := parse(display)
		require.NoError(t, err, display)
		require.Equal(t, want.network, network, display)
		require.Equal(t, want.address, address, display)
		require.Equal(t, want.number, number, display)
		require.Equal(t, want.screen, screen, display)
	}
	for _, display := range []string{"", "0", ":", ":x", ":-1", "office", ":99999999999"} {
		_, _, _, _, err := parse(display)
		require.Error(t, err, display)
	}
}

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
		require.Equal(t, c.want, string(search([]byte(file), c.host, c.ip, c.number)), "%+v", c)
	}
	for n := range len(file) {
		search([]byte(file[:n]), "office", "", "9") // does not read past the end
	}
}

// serve answers like an X server: first the greeting, then all replies.
func serve(t *testing.T, answers ...[]byte) *Conn {
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
	return newConn(here)
}

// A server that breaks off, or describes itself wrongly, causes an error and never a
// panic. Nothing is allocated because it claims a size.
func TestServerTalksNonsense(t *testing.T) {
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
	require.NoError(t, c.greet(nil, 0))
	require.Equal(t, image.Pt(640, 480), c.size)
	for n := range len(whole) {
		require.Error(t, serve(t, whole[:n]).greet(nil, 0), "%d bytes", n)
	}
	for i := range setup { // whatever a number says
		odd := bytes.Clone(whole)
		odd[8+i] = 0xff
		_ = serve(t, odd).greet(nil, 0)
	}
	var refusal Refusal
	require.ErrorAs(t, serve(t, []byte{0, 3, 11, 0, 0, 0, 1, 0}, []byte("no.\x00")).greet(nil, 0), &refusal)
	require.EqualValues(t, "no.", refusal)

	huge := make([]byte, 32)
	huge[0], huge[2] = 1, 1
	binary.LittleEndian.PutUint32(huge[4:], 1<<31)
	_, _, err := serve(t, huge).ask(getInputFocus, 0)
	require.ErrorIs(t, err, errNonsense)
	wrong := make([]byte, 32)
	wrong[0], wrong[2] = 1, 9
	_, _, err = serve(t, wrong).ask(getInputFocus, 0)
	require.ErrorIs(t, err, errNonsense)
}

// Every reply of an X server is an error or can be used.
func TestRepliesAreNonsense(t *testing.T) {
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
		list, err := serve(t, replies(40)...).monitors()
		for _, m := range list {
			require.NoError(t, err)
			require.False(t, m.Bounds.Empty())
			require.True(t, m.Bounds.In(image.Rect(0, 0, 1<<16, 1<<16)))
		}
		value, _ := serve(t, replies(40)...).property("anything")
		require.LessOrEqual(t, len(value), 160)

		c := serve(t, replies(8)...)
		c.size = image.Pt(8, 8)
		c.format = format{
			bits:  16 + 16*random.IntN(2),
			pad:   8 + random.IntN(248),
			class: 4,
			masks: [3]uint32{random.Uint32(), 0, 1 << 31},
		}
		region := image.Rect(0, 0, 1+random.IntN(2), 1+random.IntN(2))
		if m, err := c.grab(region); err == nil {
			require.Equal(t, region.Size(), m.Size)
			require.GreaterOrEqual(t, len(m.Pix), m.Stride*(m.Size.Y-1)+4*m.Size.X)
		}
	}
}

func TestServerThatIsSilentIsLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	here, there := net.Pipe()
	defer there.Close()
	c := newConn(here)
	time.AfterFunc(10*time.Millisecond, cancel)
	require.ErrorIs(t, c.within(ctx, func() error { return c.greet(nil, 0) }), context.Canceled)
}
