package dialect

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// A Dialect is one of the course's ways to put a message into bytes.
type Dialect struct {
	name    string
	digits  int    // of the length in front of a message; 0 is no length
	fixed   int    // bytes of each request, where it has no length
	once    bool   // one exchange, and the server closes
	most    int    // bytes of a message
	wrong   string // the answer to what cannot be done
	garbage string // the answer to what is no message
	bye     string // the answer to EXIT
}

func dialects() []Dialect {
	return []Dialect{
		{name: "echo", once: true, most: 1024},
		{name: "hello", once: true, most: 1024},
		{name: "ex26-slide", digits: 2, fixed: 4, most: 99, wrong: "wrong protocol", bye: "bye"},
		{name: "ex26", digits: 2, most: 99, wrong: "Wrong command", garbage: "Wrong protocol"},
		{name: "ex27", digits: 4, most: 9999, wrong: "Bad command or parameters", garbage: "Packet not according to protocol", bye: "bye"},
	}
}

// Names lists the dialects.
func Names() []string {
	var names []string
	for _, d := range dialects() {
		names = append(names, d.name)
	}
	return names
}

// Named returns the dialect of that name.
func Named(name string) (Dialect, error) {
	for _, d := range dialects() {
		if d.name == name {
			return d, nil
		}
	}
	return Dialect{}, fmt.Errorf("there is no dialect %q: %s", name, strings.Join(Names(), ", "))
}

// String returns its name.
func (d Dialect) String() string { return d.name }

// errGarbage is what is no message.
var errGarbage = errors.New("not a message of this dialect")

// readRequest reads what a client asks. The error is io.EOF in front of a
// request, io.ErrUnexpectedEOF inside one, the connection's own, or errGarbage,
// with the bytes that are no length.
func (d Dialect) readRequest(r io.Reader) (string, error) {
	if d.once {
		b := make([]byte, d.most)
		n, err := r.Read(b)
		if n > 0 {
			err = nil
		}
		return string(b[:n]), err
	}
	n := int64(d.fixed)
	if n == 0 {
		header := make([]byte, d.digits)
		if _, err := io.ReadFull(r, header); err != nil {
			return "", err
		}
		var ok bool
		if n, ok = parseDigits(header); !ok {
			return string(header), errGarbage
		}
	}
	body := make([]byte, n)
	got, err := io.ReadFull(r, body)
	if err == io.EOF && d.fixed == 0 {
		err = io.ErrUnexpectedEOF
	}
	return string(body[:got]), err
}

// request puts what is asked into bytes.
func (d Dialect) request(text string) ([]byte, error) {
	switch {
	case d.fixed > 0 && len(text) != d.fixed:
		return nil, fmt.Errorf("a request of %s has %d bytes, not %d", d, d.fixed, len(text))
	case len(text) > d.most:
		return nil, fmt.Errorf("a request of %s has at most %d bytes, not %d", d, d.most, len(text))
	case d.fixed > 0 || d.once:
		return []byte(text), nil
	}
	return d.frame(text), nil
}

// reply puts an answer into bytes. It is cut where a length could not say how
// long it is.
func (d Dialect) reply(text string) []byte {
	if d.once {
		return []byte(text)
	}
	return d.frame(shorten(text, d.most))
}

func (d Dialect) frame(text string) []byte {
	return fmt.Appendf(nil, "%0*d%s", d.digits, len(text), text)
}

// moreMark stands where a reply was cut.
const moreMark = "... and more"

// shorten cuts a text that has more than most bytes, between two lines if it
// has some, and says so in its last line.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const mark = "\n" + moreMark
	end := most - len(mark)
	if lf := strings.LastIndexByte(text[:end+1], '\n'); lf > 0 {
		end = lf
	}
	for !utf8.RuneStart(text[end]) && end > most-len(mark)-utf8.UTFMax {
		end--
	}
	return text[:end] + mark
}

// parseDigits reads ASCII digits, and nothing else.
func parseDigits(b []byte) (n int64, ok bool) {
	const most = 18 // digits that fit
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0 && len(b) <= most
}

const (
	writeTimeout = 30 * time.Second // for as much as one Write has
	floodTimeout = 10 * time.Second // of bytes that nobody wants
)

// A timedConn is a connection whose reads and writes have limits in time. One
// goroutine at a time reads.
type timedConn struct {
	net.Conn
	r    *bufio.Reader
	sent atomic.Int64 // bytes
}

func newTimedConn(conn net.Conn) *timedConn { return &timedConn{Conn: conn, r: bufio.NewReader(conn)} }

// setTimeout limits reads, or writes, to what is done within d, and before ctx ends,
// until disarm. A d of 0 is no limit.
func setTimeout(ctx context.Context, set func(time.Time) error, d time.Duration) (disarm func()) {
	var at time.Time
	if d > 0 {
		at = time.Now().Add(d)
	}
	_ = set(at) // on a connection that is closed, what follows fails
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(over)
		_ = set(time.Unix(1, 0))
	})
	return func() {
		if !stop() {
			<-over // lest it ends what is done next
		}
	}
}

// causeOf returns why reading or writing has failed: that ctx has ended comes
// before what that has led to.
func causeOf(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// waitReadable waits until something can be read.
func (w *timedConn) waitReadable(ctx context.Context, d time.Duration) error {
	defer setTimeout(ctx, w.SetReadDeadline, d)()
	_, err := w.r.Peek(1)
	return causeOf(ctx, err)
}

// readFull reads as much as b holds. n is less only with an error.
func (w *timedConn) readFull(ctx context.Context, d time.Duration, b []byte) (n int, err error) {
	defer setTimeout(ctx, w.SetReadDeadline, d)()
	n, err = io.ReadFull(w.r, b)
	return n, causeOf(ctx, err)
}

// drain reads until nothing has come for d, and returns the first bytes of
// that, at most the given number. The error is io.EOF when nothing more can
// come, errGarbage when it does not end.
func (w *timedConn) drain(ctx context.Context, d time.Duration, most int) ([]byte, error) {
	var kept []byte
	buf := make([]byte, 4<<10)
	for began := time.Now(); time.Since(began) < floodTimeout; {
		disarm := setTimeout(ctx, w.SetReadDeadline, d)
		n, err := w.r.Read(buf)
		disarm()
		kept = append(kept, buf[:min(n, most-len(kept))]...)
		switch err = causeOf(ctx, err); {
		case isTimeout(err):
			return kept, nil
		case err != nil:
			return kept, err
		}
	}
	return kept, errGarbage
}

// send writes b with one Write.
func (w *timedConn) send(ctx context.Context, b []byte) error {
	defer setTimeout(ctx, w.SetWriteDeadline, writeTimeout)()
	n, err := w.Write(b)
	w.sent.Add(int64(n))
	return causeOf(ctx, err)
}

// closeGracefully closes the connection so that the peer can still read what was sent: TCP
// throws that away when bytes of the peer are left unread.
func (w *timedConn) closeGracefully(ctx context.Context) {
	if half, ok := w.Conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		defer setTimeout(ctx, w.SetReadDeadline, closeTimeout)()
		_, _ = io.Copy(io.Discard, w.r)
	}
}

const closeTimeout = time.Second
