package dialect

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// Explain is like Open, but without a server: frames WIRE show the messages that would be
// sent. The answers have no meaning.
func Explain(name, host string) (net.Conn, error) {
	d, err := Named(name)
	if err != nil {
		return nil, err
	}
	return Open(context.Background(), name, host, func(context.Context) (net.Conn, error) {
		conn, _ := net.Pipe() // provides the addresses and deadlines
		return &nullServer{Conn: conn, Dialect: d}, nil
	})
}

// A nullServer is a server that does nothing and reports success at once.
type nullServer struct {
	net.Conn
	Dialect
	said bytes.Buffer
}

// Write receives one request.
func (n *nullServer) Write(b []byte) (int, error) {
	text, err := n.readRequest(bytes.NewReader(b))
	reply := replyOK
	switch {
	case text == "TIME" && n.fixed > 0:
		reply = time.Now().Format(slideClock)
	case text == "TIME":
		reply = time.Now().Format(time.ANSIC)
	}
	n.said.Write(n.reply(reply))
	return len(b), err
}

// Read returns the replies, and then os.ErrDeadlineExceeded, so that the client does not
// wait for more.
func (n *nullServer) Read(b []byte) (int, error) {
	if n.said.Len() == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return n.said.Read(b)
}

// MayCome describes the possible answers of a server to a request.
func (d Dialect) MayCome(request Message) string {
	const end = "and the server hangs up"
	switch d.name {
	case "echo":
		return "the same bytes, " + end
	case "hello":
		return "Hello and the name, " + end
	}
	command := ""
	for _, f := range request.Fields {
		if f.Name == "command" {
			command = strings.TrimSuffix(f.Bytes, " ")
		}
	}
	length, done := fmt.Sprintf("%d digits and ", d.digits), string(d.reply(replyOK))
	wrong := ", or " + string(d.reply(d.wrong))
	switch command {
	case "TIME":
		return length + "the clock" + wrong
	case "NAME", "WHORU":
		return length + "the name of the computer" + wrong
	case "RAND":
		return length + "a number from 1 to 10" + wrong
	case "DIR":
		return length + "the names, a line each" + wrong
	case "EXECUTE":
		return done + " when the program has ended" + wrong
	case "SEND_PHOTO", "SEND_FILE":
		return length + "the size in decimal, then so many bytes without a frame" + wrong
	case "EXIT":
		if d.bye == "" {
			return "nothing, " + end
		}
		return string(d.reply(d.bye)) + ", " + end
	}
	return done + wrong
}
