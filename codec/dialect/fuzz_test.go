package dialect_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"techsh/codec/dialect"
	"techsh/codec/link"
)

// seeds passes the messages of the captured conversations, and some malformed ones, to
// add.
func seeds(f *testing.F, add func(name string, request, reply []byte)) {
	for _, name := range dialect.Names() {
		for _, s := range capture(f, name) {
			add(name, []byte(s.request), []byte(s.reply[:min(len(s.reply), 100)]))
		}
		for _, worse := range []string{
			"", "0", "0000", "9999", "+001x", "00025", "12345" + strings.Repeat("x", 12345),
			"\x00\x00\x00\x05hello", "0003abc0003abc", "0004שלום",
		} {
			add(name, []byte(worse), []byte(worse))
		}
	}
}

func FuzzRequest(f *testing.F) {
	seeds(f, func(name string, request, _ []byte) { f.Add(name, request) })
	f.Fuzz(func(t *testing.T, name string, bytesThere []byte) {
		d, err := dialect.Named(name)
		if err != nil {
			return
		}
		r := bytes.NewReader(bytesThere)
		for {
			before := r.Len()
			text, err := d.ReadRequest(r)
			if err != nil {
				return
			}
			again, err := d.Request(text)
			require.NoError(t, err)
			read := bytesThere[len(bytesThere)-before:][:before-r.Len()]
			require.Equal(t, string(read), string(again), "it is written as it was read")
		}
	})
}

func FuzzReply(f *testing.F) {
	seeds(f, func(name string, _, reply []byte) { f.Add(name, reply) })
	f.Fuzz(func(t *testing.T, name string, all []byte) {
		d, err := dialect.Named(name)
		if err != nil {
			return
		}
		text, _ := d.ParseReply(all)
		require.LessOrEqual(t, len(text), len(all)+len(all)/2, "nothing is made up")
		wire := d.Reply(string(all))
		said, framed := d.ParseReply(wire)
		require.True(t, framed)
		if len(all) <= 99 || strings.HasPrefix(name, "ex27") && len(all) <= 9999 ||
			!strings.HasPrefix(name, "ex") {
			require.Equal(t, string(all), said, "what was sent is understood")
			return
		}
		require.True(t, strings.HasSuffix(said, "\n... and more"))
		require.True(t, bytes.HasPrefix(all, []byte(strings.TrimSuffix(said, "\n... and more"))))
		require.True(t, utf8.ValidString(said) || !utf8.Valid(all), "no character is cut")
	})
}

// FuzzPhoto answers SEND_PHOTO with arbitrary bytes.
func FuzzPhoto(f *testing.F) {
	seeds(f, func(_ string, _, reply []byte) { f.Add(reply) })
	f.Fuzz(func(t *testing.T, reply []byte) {
		synctest.Test(t, func(t *testing.T) {
			p := &people{answer: shots(string(reply) + " "), ended: make(chan struct{})}
			ours, theirs := net.Pipe()
			go p.serve(theirs)
			l := open(t, "ex27", func(context.Context) (net.Conn, error) { return ours, nil })
			_, err := ask(t, l, "SHOT")
			require.Error(t, err, "no reply of this test is a picture")
			require.NotErrorIs(t, err, link.ErrLost)
			require.NoError(t, l.Close())
			<-p.ended
		})
	})
}

func FuzzAuto(f *testing.F) {
	seeds(f, func(_ string, _, reply []byte) { f.Add(string(reply)) })
	f.Add(dialect.ProbeText())
	f.Fuzz(func(t *testing.T, said string) {
		name := dialect.DialectOfAnswer(said)
		if name != "" {
			named(t, name)
		}
	})
}

func FuzzPicture(f *testing.F) {
	f.Add([]byte("BM"))
	f.Add(photoOf(100))
	f.Add(append([]byte("BM"), make([]byte, 100)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = dialect.ConvertImage(b, "png")
	})
}

func TestHowLongMessagesMayBe(t *testing.T) {
	for name, most := range map[string]int{"ex26": 99, "ex26-slide": 99, "ex27": 9999} {
		d, digits := named(t, name), len(fmt.Sprint(most))
		for n := most - 1; n <= most+1; n++ {
			text := strings.Repeat("x", n)
			reply := string(d.Reply(text))
			require.LessOrEqual(t, len(reply), digits+most)
			require.Equal(t, n <= most, strings.HasSuffix(reply, text))
			require.Equal(t, n > most, strings.HasSuffix(reply, "\n... and more"))
			if name == "ex26-slide" {
				continue
			}
			_, err := d.Request(text)
			require.Equal(t, n <= most, err == nil)
		}
		if name != "ex26-slide" {
			_, err := d.ReadRequest(io.MultiReader(
				strings.NewReader(fmt.Sprint(most)), strings.NewReader(strings.Repeat("x", most)),
			))
			require.NoError(t, err)
		}
	}
	for _, name := range []string{"echo", "hello"} {
		text, err := named(t, name).ReadRequest(strings.NewReader(strings.Repeat("x", 1025)))
		require.NoError(t, err)
		require.Len(t, text, 1024)
	}
}
