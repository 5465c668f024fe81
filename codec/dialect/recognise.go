package dialect

import (
	"context"
	"io"
	"strings"
	"time"

	"techsh/codec"
)

const (
	// the time to wait for a greeting, which a server of a dialect does not send
	bannerTimeout = 100 * time.Millisecond
	probeTimeout  = 3 * time.Second // the time to wait for the answer to the probe
)

// probeText consists, in every dialect, of complete messages that have no effect, so that
// the server does not lose its place in the stream. In ex27 it is one unknown command of
// 100 bytes. In ex26 it is three unknown commands, of 1, 9 and 82 bytes, and TIME; in
// ex26-slide it is 25 unknown commands of four bytes, and TIME. In echo and hello it is a
// text.
func probeText() string {
	return "0100" + "9" + strings.Repeat("x", 9) + "82" + strings.Repeat("x", 82) + "04TIME"
}

// recognise finds out the dialect of a server from its answer to the probe.
func recognise(ctx context.Context, w *timedConn) (Dialect, error) {
	if err := w.waitReadable(ctx, bannerTimeout); err == nil {
		said, _ := w.drain(ctx, bannerTimeout, 100)
		return unrecognised("it said %q before it was asked anything", said)
	} else if !isTimeout(err) {
		return recogniseError(ctx, err)
	}
	if err := w.send(ctx, []byte(probeText())); err != nil {
		return recogniseError(ctx, err)
	}
	if err := w.waitReadable(ctx, probeTimeout); err != nil && ctx.Err() != nil {
		return Dialect{}, err
	} else if isTimeout(err) {
		return unrecognised("it does not answer")
	}
	said, err := w.drain(ctx, 2*quietDelay, maxReply)
	if err != nil && err != io.EOF {
		return recogniseError(ctx, err)
	}
	name := dialectOfAnswer(string(said))
	if name == "" && len(said) == 0 {
		return unrecognised("it hung up")
	} else if name == "" {
		return unrecognised("it said %q", said[:min(len(said), 100)])
	}
	return Named(name)
}

// dialectOfAnswer returns the name of the dialect whose servers give this answer to the
// probe, or "".
func dialectOfAnswer(said string) string {
	switch said {
	case probeText():
		return "echo"
	case "Hello " + probeText():
		return "hello"
	}
	if countMessages(said, 4) > 0 {
		return "ex27"
	}
	for _, d := range dialects() { // some servers send errors without a length
		for _, known := range []string{d.wrong, d.garbage} {
			if known != "" && strings.HasPrefix(said, known) {
				return d.name
			}
		}
	}
	switch n := countMessages(said, 2); {
	case n == 26:
		return "ex26-slide"
	case n > 0 && n <= 4: // fewer than 4 if the server treats the result of one read as one message
		return "ex26"
	}
	return ""
}

// countMessages returns the number of messages in a text, or 0 if the text is not a
// sequence of messages.
func countMessages(text string, digits int) (count int) {
	for text != "" {
		if len(text) < digits {
			return 0
		}
		n, ok := parseDigits([]byte(text[:digits]))
		if !ok || int(n) > len(text)-digits {
			return 0
		}
		text = text[digits+int(n):]
		count++
	}
	return count
}

func recogniseError(ctx context.Context, err error) (Dialect, error) {
	if ctx.Err() != nil {
		return Dialect{}, err
	}
	return unrecognised("%v", readError(err))
}

func unrecognised(format string, args ...any) (Dialect, error) {
	e := codec.Errorf(codec.Unsupported, "the dialect cannot be recognised: "+format, args...)
	e.Hint = "try one by its name: " + strings.Join(Names(), ", ") + "; without --dialect it is " +
		codec.Version
	return Dialect{}, e
}
