package access

import (
	"net"

	"techsh/codec"
)

const (
	maxHello       = 8 << 10 // largest ClientHello, with the headers of its records
	recordHeader   = 5       // RFC 8446, section 5.1
	messageHeader  = 4       // RFC 8446, section 4
	handshakeBytes = 22      // the type of a record that is part of a handshake
)

// readClientHello reads until it has the first message of a TLS client, or bytes that
// cannot be one. It returns everything that it has read. For a connection that sends
// nothing, it needs less memory than a tls.Conn.
func readClientHello(conn net.Conn) (hello []byte, err error) {
	part := make([]byte, 512)
	for !endsHello(hello) {
		if len(hello) > maxHello {
			return hello, codec.Errorf(codec.TooBig, "a ClientHello of more than %d bytes", maxHello)
		}
		n, err := conn.Read(part)
		hello = append(hello, part[:n]...)
		if err != nil {
			return hello, err
		}
	}
	return hello, nil
}

// endsHello reports whether b has the whole first message of a handshake, or cannot be
// the beginning of one.
func endsHello(b []byte) bool {
	var message []byte
	for len(b) > 0 {
		if b[0] != handshakeBytes {
			return true
		}
		if len(b) < recordHeader {
			return false
		}
		end := min(len(b), recordHeader+(int(b[3])<<8|int(b[4])))
		message = append(message, b[recordHeader:end]...)
		b = b[end:]
	}
	if len(message) < messageHeader {
		return false
	}
	size := int(message[1])<<16 | int(message[2])<<8 | int(message[3])
	return len(message) >= messageHeader+size
}

// A replayedConn is a connection from which some bytes have already been read. Read
// returns these bytes again.
type replayedConn struct {
	net.Conn
	read []byte
}

// Read returns the replayed bytes first, and then reads from the connection.
func (c *replayedConn) Read(p []byte) (int, error) {
	if len(c.read) == 0 {
		c.read = nil
		return c.Conn.Read(p)
	}
	n := copy(p, c.read)
	c.read = c.read[n:]
	return n, nil
}
