// Package x11 takes pictures of the screen of an X server. It implements the X protocol
// (version 11, and the extensions RANDR 1.5 and MIT-SHM 1.2) itself, because a call must
// return when its context ends, and because many sessions use the package at the same
// time. The available libraries block without limit, and have data races on shared
// tables.
//
// The files are:
//
//   - conn.go: the connection
//   - auth.go: the cookie for the server
//   - screen.go: the screen and its monitors
//   - grab.go, segment_*.go: taking pictures, through shared memory if possible
package x11

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// The opcodes of requests: those of the core protocol, and the minor opcodes of
// extensions.
const (
	getGeometry    = 14
	internAtom     = 16
	getAtomName    = 17
	getProperty    = 20
	getInputFocus  = 43
	getImage       = 73
	queryExtension = 98

	shmAttachFd = 6
	shmDetach   = 2
	shmGetImage = 4
	monitors    = 42
	saverInfo   = 1
)

const maxReply = 64 << 10 // limit in bytes of a reply that is not a picture

// A Conn is a connection to an X server, for one goroutine at a time. After an error other
// than an *Error it cannot be used any more.
type Conn struct {
	net.Conn
	r      *bufio.Reader
	seq    uint16
	failed uint16 // the number of the last request that has failed without a reply
	id     uint32 // the next free id for a resource

	root   uint32
	size   image.Point
	format format
	shared segment

	opcodes map[string]byte // the opcodes of extensions; 0 means that the extension is missing
	names   map[uint32]string
}

// An Error is the answer of an X server to a request that has failed.
type Error struct{ Code, Opcode byte }

// Error returns the numbers that X.h defines.
func (e *Error) Error() string { return fmt.Sprintf("X error %d of request %d", e.Code, e.Opcode) }

// A Refusal is the text with which an X server refuses a connection.
type Refusal string

// Error returns the text.
func (r Refusal) Error() string { return "the X server refuses: " + string(r) }

// Open connects to the X server and chooses the screen that a value of DISPLAY names.
func Open(ctx context.Context, display string) (*Conn, error) {
	network, address, number, screen, err := parse(display)
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := newConn(conn)
	if err := c.within(ctx, func() error { return c.greet(cookie(conn, number), screen) }); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func newConn(conn net.Conn) *Conn {
	return &Conn{Conn: conn, r: bufio.NewReader(conn), opcodes: map[string]byte{}, names: map[uint32]string{}}
}

// parse parses a value of DISPLAY, which has the form HOST:NUMBER.SCREEN. An empty HOST
// means this computer. If HOST begins with a slash, HOST:NUMBER is the path of a socket.
func parse(display string) (network, address, number string, screen int, err error) {
	colon := strings.LastIndexByte(display, ':')
	if colon < 0 {
		return "", "", "", 0, fmt.Errorf("%q does not name an X server", display)
	}
	host := display[:colon]
	number, last, _ := strings.Cut(display[colon+1:], ".")
	n, err := strconv.ParseUint(number, 10, 15)
	if err != nil {
		return "", "", "", 0, fmt.Errorf("%q does not name an X server", display)
	}
	screen, _ = strconv.Atoi(last)
	switch {
	case strings.HasPrefix(host, "/"):
		return "unix", host + ":" + number, number, screen, nil
	case host == "" || host == "unix":
		return "unix", "/tmp/.X11-unix/X" + number, number, screen, nil
	}
	address = net.JoinHostPort(strings.TrimPrefix(host, "tcp/"), strconv.FormatUint(6000+n, 10))
	return "tcp", address, number, screen, nil
}

// within calls the function do. If ctx ends before do returns, within makes the
// connection time out, so that do fails, and then returns the cause of ctx.
func (c *Conn) within(ctx context.Context, do func() error) error {
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	err := do()
	if !stop() {
		return context.Cause(ctx)
	}
	return err
}

// greet sends the cookie and reads the answer.
func (c *Conn) greet(cookie []byte, screen int) error {
	name := ""
	if cookie != nil {
		name = cookieName
	}
	hello := binary.LittleEndian.AppendUint16([]byte{'l', 0}, 11)
	hello = append(hello, 0, 0, byte(len(name)), 0, byte(len(cookie)), 0, 0, 0)
	hello = append(append(hello, pad(name)...), cookie...)
	if _, err := c.Write(hello); err != nil {
		return err
	}
	var head [8]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		return err
	}
	setup := make([]byte, 4*int(binary.LittleEndian.Uint16(head[6:])))
	if _, err := io.ReadFull(c.r, setup); err != nil {
		return err
	}
	if head[0] != 1 {
		return Refusal(strings.TrimSpace(string(setup[:min(int(head[1]), len(setup))])))
	}
	return c.setUp(setup, screen)
}

func pad(s string) string { return s + "\x00\x00\x00"[:-len(s)&3] }

// A reader reads numbers from a reply. A number beyond the end of the reply is 0, and
// sets the field short.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.b, r.short = nil, true
		return make([]byte, min(n, maxReply))
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) skip(n int)     { r.take(n) }
func (r *reader) byte() int      { return int(r.take(1)[0]) }
func (r *reader) uint16() int    { return int(binary.LittleEndian.Uint16(r.take(2))) }
func (r *reader) int16() int     { return int(int16(r.uint16())) }
func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }

var errNonsense = errors.New("the X server sent a malformed reply")

// send sends a request: its opcode, the byte after it, and the rest.
func (c *Conn) send(opcode, second byte, rest ...byte) error {
	b := request(opcode, second, rest)
	c.seq++
	_, err := c.Write(b)
	return err
}

func request(opcode, second byte, rest []byte) []byte {
	b := append([]byte{opcode, second, 0, 0}, rest...)
	b = append(b, 0, 0, 0)[:(len(b)+3)&^3]
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)/4))
	return b
}

// reply reads the answer to the last request. It returns the 32 bytes that every answer
// has, and the number of bytes that follow. Events are skipped.
func (c *Conn) reply() (head [32]byte, more int64, err error) {
	for {
		if _, err = io.ReadFull(c.r, head[:]); err != nil {
			return head, 0, err
		}
		ours := binary.LittleEndian.Uint16(head[2:]) == c.seq
		switch {
		case head[0] == 0 && ours:
			return head, 0, &Error{head[1], head[10]}
		case head[0] == 0:
			c.failed = binary.LittleEndian.Uint16(head[2:])
		case head[0] == 1 && ours:
			return head, 4 * int64(binary.LittleEndian.Uint32(head[4:])), nil
		case head[0] == 1:
			return head, 0, errNonsense
		}
	}
}

// ask makes a request and reads its reply, which must not be a picture.
func (c *Conn) ask(opcode, second byte, rest ...byte) (head [32]byte, more reader, err error) {
	if err := c.send(opcode, second, rest...); err != nil {
		return head, more, err
	}
	head, n, err := c.reply()
	if err != nil {
		return head, more, err
	}
	if n > maxReply {
		return head, more, errNonsense
	}
	more.b = make([]byte, n)
	_, err = io.ReadFull(c.r, more.b)
	return head, more, err
}

// opcode returns the opcode of an extension, or 0 if it is missing.
func (c *Conn) opcode(extension string) (byte, error) {
	if op, known := c.opcodes[extension]; known {
		return op, nil
	}
	head, _, err := c.ask(queryExtension, 0, append([]byte{byte(len(extension)), 0, 0, 0}, extension...)...)
	if err != nil {
		return 0, err
	}
	op := head[9]
	if head[8] == 0 {
		op = 0
	}
	c.opcodes[extension] = op
	return op, nil
}
