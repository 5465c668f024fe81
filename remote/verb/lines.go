package verb

import (
	"context"
	"errors"
	"time"

	"techsh/codec"
)

const (
	linesChunk = 60 << 10               // bytes of lines that are sent at once
	linesDelay = 100 * time.Millisecond // the longest time that a line waits for further lines
)

// Lines writes an answer that consists of lines. Each DATA frame contains whole lines.
type Lines struct {
	Tally
	r    *Request
	ctx  context.Context
	buf  []byte
	sent time.Time // when something was last sent to the client
}

// NewLines returns the lines of the answer to r. Writing fails when ctx has ended.
func NewLines(ctx context.Context, r *Request) *Lines {
	return &Lines{r: r, ctx: ctx, sent: time.Now()}
}

// Entry adds the line of an entry.
func (l *Lines) Entry(e codec.Entry) error {
	at := len(l.buf)
	l.buf = e.Append(l.buf)
	return l.end(at)
}

// Line adds a line of text.
func (l *Lines) Line(text string) error {
	at := len(l.buf)
	l.buf = append(l.buf, text...)
	return l.end(at)
}

// end ends the line that begins at l.buf[at].
func (l *Lines) end(at int) error {
	l.buf = append(l.buf, '\n')
	if len(l.buf)-at > codec.MaxWords {
		l.buf = l.buf[:at]
		return codec.Errorf(codec.TooBig, "it makes a line of more than %d bytes", codec.MaxWords)
	}
	if len(l.buf) > codec.MaxWords {
		if err := l.r.Call.Write(codec.DATA, l.buf[:at]); err != nil {
			return err
		}
		l.buf = append(l.buf[:0], l.buf[at:]...)
	}
	if len(l.buf) < linesChunk {
		return nil
	}
	return l.Flush()
}

// Flush sends the lines that have been added.
func (l *Lines) Flush() error {
	l.sent = time.Now()
	return errors.Join(l.Write(), l.r.Call.Flush(), context.Cause(l.ctx))
}

// Pass sends the added lines if nothing was sent for linesDelay. A verb must call Pass
// from time to time.
func (l *Lines) Pass() error {
	if time.Since(l.sent) < linesDelay {
		return context.Cause(l.ctx)
	}
	return l.Flush()
}

// Write queues the added lines on the connection, but does not flush the connection.
func (l *Lines) Write() error {
	if len(l.buf) == 0 {
		return nil
	}
	defer func() { l.buf = l.buf[:0] }()
	return l.r.Call.Write(codec.DATA, l.buf)
}
