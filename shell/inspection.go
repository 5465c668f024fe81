package shell

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

// An inspection is one connection of lint's: it writes what a check says, however
// wrong that is, and compares what comes.
type inspection struct {
	rwc        io.ReadWriteCloser // nil when the server has refused already the handshake
	turnedAway error
	opening    link.Opening
	within     time.Duration
	hello      codec.Hello

	frames chan codec.Frame
	ended  error // why no more frames come; once frames is closed
	sent   chan struct{}
	wg     sync.WaitGroup

	data  []byte // of the answer that is coming
	exact bool   // all that data may be has come
	came  []string
	wrong string // the first thing that was wanted and did not come
}

var errNothing = errors.New("nothing more")

// quietTime is how long a server that has to be silent is listened to.
const quietTime = 300 * time.Millisecond

func newInspection(rwc io.ReadWriteCloser, opening link.Opening, within time.Duration) *inspection {
	i := &inspection{rwc: rwc, opening: opening, within: within, frames: make(chan codec.Frame), sent: make(chan struct{})}
	close(i.sent)
	i.wg.Go(i.read)
	return i
}

// read hands over each frame that comes.
func (i *inspection) read() {
	defer close(i.frames)
	conn := codec.NewConn(i.rwc)
	if i.opening.Noise {
		i.ended = conn.SkipNoise()
	}
	for i.ended == nil {
		var f codec.Frame
		if f, i.ended = conn.ReadFrame(); i.ended == nil {
			f.Body = bytes.Clone(f.Body)
			i.frames <- f
		}
	}
	if i.ended == io.ErrUnexpectedEOF && !conn.InsideFrame() { // TLS that ends without saying so
		i.ended = io.EOF
	}
}

// write sends text as it is, behind what was sent before, and does not wait:
// who reads never writes. A failed write is not the end, since the reason may be
// waiting.
func (i *inspection) write(text string, slowly bool) {
	before, sent := i.sent, make(chan struct{})
	i.sent = sent
	i.wg.Go(func() {
		defer close(sent)
		<-before
		pieces := []string{text}
		if slowly {
			pieces = strings.Split(text, "")
		}
		for _, piece := range pieces {
			if _, err := io.WriteString(i.rwc, piece); err != nil {
				return
			}
		}
	})
}

// close ends the connection and waits for the inspection's goroutines.
func (i *inspection) close() {
	if i.rwc == nil {
		return
	}
	i.rwc.Close()
	for range i.frames { // until the reader has noticed
	}
	i.wg.Wait()
}

// begin goes as far as the check wants it: to the gate, through it with
// nothing but typed lines, or past a first call.
func (i *inspection) begin(ctx context.Context, where stage) {
	if where == atGate {
		return
	}
	if i.opening.Cookie != "" {
		i.write("auth "+i.opening.Cookie+"\n", false)
	}
	i.wants(ctx, "HELO")
	if where == byHeader && i.wrong == "" {
		i.write(frame("PING", ""), false)
		i.wants(ctx, "OK")
	}
	if i.wrong == "" {
		i.came = nil // what went well is no part of the report
	}
}

// run does the steps of a check, and then, unless the connection has ended
// as it should, finds out whether the conversation goes on.
func (i *inspection) run(ctx context.Context, steps []step) {
	for _, s := range steps {
		if i.wrong == "" && i.rwc != nil {
			i.write(strings.ReplaceAll(s.sends, cookieHere, i.opening.Cookie), s.slowly)
		}
		for _, want := range s.wants {
			i.wants(ctx, want)
		}
	}
	if goesOn(steps) {
		const word = "lint-is-still-there"
		i.write(frame("ECHO", word+"\n")+frame("EXIT", ""), false)
		for _, want := range []string{"DATA " + word, "OK", "OK", "end"} {
			i.wants(ctx, want)
		}
	}
}

// next returns the next frame that the server does not say of its own accord,
// or why there is none: io.EOF at the end, errNothing when it takes too long.
func (i *inspection) next(ctx context.Context) (codec.Frame, error) {
	if i.rwc == nil {
		return codec.Frame{}, i.turnedAway
	}
	for {
		select {
		case f, ok := <-i.frames:
			switch {
			case !ok && i.ended == io.EOF:
				i.note("end")
				return f, io.EOF
			case !ok:
				i.note(i.broken())
				return f, i.ended
			case f.Verb == codec.TICK || f.Verb == codec.NEWS:
				continue
			}
			i.note(i.summary(f))
			return f, nil
		case <-ctx.Done():
			if context.Cause(ctx) == errNothing {
				i.note("nothing more within " + i.within.String())
			}
			return codec.Frame{}, context.Cause(ctx)
		}
	}
}

// note keeps what has come for the report, as far as somebody would read it.
func (i *inspection) note(text string) {
	const most = 6
	switch len(i.came) {
	case most:
		i.came = append(i.came, "…")
	case most + 1:
	default:
		i.came = append(i.came, text)
	}
}

func (i *inspection) said() string {
	if len(i.came) == 0 {
		return "nothing"
	}
	return strings.Join(i.came, ", ")
}

// summary is a frame in a few words, without the cookie, which a server may
// say again.
func (i *inspection) summary(f codec.Frame) string {
	body := string(f.Body)
	if i.opening.Cookie != "" {
		body = strings.ReplaceAll(body, i.opening.Cookie, cookieHere)
	}
	line, whole := strings.CutSuffix(body, "\n")
	if f.Verb == codec.DATA || body != "" && !whole || len(line) > 200 {
		line = quoted(body)
	}
	return strings.TrimSpace(f.Verb.String() + " " + line)
}

// broken is why no more frames come: likewise, of what may be its beginning.
func (i *inspection) broken() string {
	text := i.ended.Error()
	if c := i.opening.Cookie; c != "" && strings.Contains(text, c[:min(4, len(c))]) {
		return "bytes that are no frame, and have the cookie in them"
	}
	return text
}
