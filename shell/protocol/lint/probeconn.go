package lint

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// A probeConn is the connection of one check. It sends arbitrary text and compares
// the answer with the expected items.
type probeConn struct {
	rwc     io.ReadWriteCloser // nil if the server has refused the handshake
	refused error
	opening link.Opening
	timeout time.Duration
	hello   codec.Hello

	frames chan codec.Frame
	ended  error // why there are no more frames; valid after the channel frames is closed
	sent   chan struct{}
	wg     sync.WaitGroup

	data    []byte // data of the current answer
	exact   bool   // the answer must not contain more data
	came    []string
	missing string // the first item that was not received
}

var errTimeout = errors.New("nothing more was received")

// quietTimeout is how long a server must send nothing to count as quiet.
const quietTimeout = 300 * time.Millisecond

func newProbeConn(rwc io.ReadWriteCloser, opening link.Opening, timeout time.Duration) *probeConn {
	c := &probeConn{
		rwc:     rwc,
		opening: opening,
		timeout: timeout,
		frames:  make(chan codec.Frame),
		sent:    make(chan struct{}),
	}
	close(c.sent)
	c.wg.Go(c.read)
	return c
}

// read receives frames until the connection ends.
func (c *probeConn) read() {
	defer close(c.frames)
	conn := codec.NewConn(c.rwc)
	if c.opening.Noise {
		c.ended = conn.SkipNoise()
	}
	for c.ended == nil {
		var f codec.Frame
		if f, c.ended = conn.ReadFrame(); c.ended == nil {
			f.Body = bytes.Clone(f.Body)
			c.frames <- f
		}
	}
	if errors.Is(c.ended, io.ErrUnexpectedEOF) && !conn.InsideFrame() { // a TLS connection ended without close_notify
		c.ended = io.EOF
	}
}

// write sends text after the texts of earlier calls. It does not wait until text is sent,
// because the server may stop reading until its answers are read. It ignores errors,
// because the server may have sent the reason in a frame.
func (c *probeConn) write(text string, slowly bool) {
	before, sent := c.sent, make(chan struct{})
	c.sent = sent
	c.wg.Go(func() {
		defer close(sent)
		<-before
		pieces := []string{text}
		if slowly {
			pieces = strings.Split(text, "")
		}
		for _, piece := range pieces {
			if _, err := io.WriteString(c.rwc, piece); err != nil {
				return
			}
		}
	})
}

// close closes the connection and waits for its goroutines.
func (c *probeConn) close() {
	if c.rwc == nil {
		return
	}
	c.rwc.Close()
	for range c.frames { // wait until the method read has returned
	}
	c.wg.Wait()
}

// begin brings the connection to the stage at which a check begins.
func (c *probeConn) begin(ctx context.Context, where stage) {
	if where == beforeAuth {
		return
	}
	if c.opening.Cookie != "" {
		c.write("auth "+c.opening.Cookie+"\n", false)
	}
	c.wants(ctx, "HELO")
	if where == afterFirstCall && c.missing == "" {
		c.write(frame("PING", ""), false)
		c.wants(ctx, "OK")
	}
	if c.missing == "" {
		c.came = nil // report only what the check causes
	}
}

// run executes the steps of a check. If the connection must remain usable after the
// steps, run makes two more calls to test this.
func (c *probeConn) run(ctx context.Context, steps []step) {
	for _, s := range steps {
		if c.missing == "" && c.rwc != nil {
			c.write(strings.ReplaceAll(s.sends, cookieMark, c.opening.Cookie), s.slowly)
		}
		for _, want := range s.wants {
			c.wants(ctx, want)
		}
	}
	if staysOpen(steps) {
		const word = "lint-is-still-there"
		c.write(frame("ECHO", word+"\n")+frame("EXIT", ""), false)
		for _, want := range []string{"DATA " + word, "OK", "OK", "end"} {
			c.wants(ctx, want)
		}
	}
}

// next returns the next frame that is neither TICK nor NEWS. The error is io.EOF at the
// end of the connection, and errTimeout if no frame is received in time.
func (c *probeConn) next(ctx context.Context) (codec.Frame, error) {
	if c.rwc == nil {
		return codec.Frame{}, c.refused
	}
	for {
		select {
		case f, ok := <-c.frames:
			switch {
			case !ok && c.ended == io.EOF:
				c.note("end")
				return f, io.EOF
			case !ok:
				c.note(c.broken())
				return f, c.ended
			case f.Verb == codec.TICK || f.Verb == codec.NEWS:
				continue
			}
			c.note(c.describe(f))
			return f, nil
		case <-ctx.Done():
			if context.Cause(ctx) == errTimeout {
				c.note("nothing more within " + c.timeout.String())
			}
			return codec.Frame{}, context.Cause(ctx)
		}
	}
}

// note adds a received item to the report, up to a readable length.
func (c *probeConn) note(text string) {
	const most = 6
	switch len(c.came) {
	case most:
		c.came = append(c.came, "…")
	case most + 1:
	default:
		c.came = append(c.came, text)
	}
}

// summary describes what was received.
func (c *probeConn) summary() string {
	if len(c.came) == 0 {
		return "nothing"
	}
	return strings.Join(c.came, ", ")
}

// describe describes a frame, without the cookie, which a server may send back.
func (c *probeConn) describe(f codec.Frame) string {
	body := string(f.Body)
	if c.opening.Cookie != "" {
		body = strings.ReplaceAll(body, c.opening.Cookie, cookieMark)
	}
	line, whole := strings.CutSuffix(body, "\n")
	if f.Verb == codec.DATA || body != "" && !whole || len(line) > 200 {
		line = quoted(body)
	}
	return strings.TrimSpace(f.Verb.String() + " " + line)
}

// broken returns the reason why there are no more frames. The result contains no part of
// the cookie.
func (c *probeConn) broken() string {
	text := c.ended.Error()
	if cookie := c.opening.Cookie; cookie != "" && strings.Contains(text, cookie[:min(4, len(cookie))]) {
		return "bytes that are no frame, and contain the cookie"
	}
	return text
}
