package dialect

import (
	"context"
	"io"
	"strings"
	"time"

	"techsh/codec"
)

const (
	bannerWithin = 100 * time.Millisecond // for a server that speaks first, which none of these does
	probeWithin  = 3 * time.Second        // for the answer to the probe
)

// probe is whole messages in every dialect, none of which does anything, so
// that no server gets out of step. For ex27 it is one command that there is not,
// of 100 bytes. For ex26 it is three of those, of 1, 9 and 82 bytes, and TIME;
// for ex26-slide 25 of four bytes, and TIME. For echo and hello it is a text.
func probe() string {
	return "0100" + "9" + strings.Repeat("x", 9) + "82" + strings.Repeat("x", 82) + "04TIME"
}

// recognised finds out what a server speaks by the answer to the probe.
func recognised(ctx context.Context, w *wire) (Dialect, error) {
	if err := w.await(ctx, bannerWithin); err == nil {
		said, _ := w.drain(ctx, bannerWithin, 100)
		return unknown("it said %q before it was asked anything", said)
	} else if !isTimeout(err) {
		return failed(ctx, err)
	}
	if err := w.send(ctx, []byte(probe())); err != nil {
		return failed(ctx, err)
	}
	if err := w.await(ctx, probeWithin); err != nil && ctx.Err() != nil {
		return Dialect{}, err
	} else if isTimeout(err) {
		return unknown("it does not answer")
	}
	said, err := w.drain(ctx, 2*repliedAfter, maxReply)
	if err != nil && err != io.EOF {
		return failed(ctx, err)
	}
	name := speaks(string(said))
	if name == "" && len(said) == 0 {
		return unknown("it hung up")
	} else if name == "" {
		return unknown("it said %q", said[:min(len(said), 100)])
	}
	return Named(name)
}

// speaks returns the dialect of a server that answers the probe so, or "".
func speaks(said string) string {
	switch said {
	case probe():
		return "echo"
	case "Hello " + probe():
		return "hello"
	}
	if messages(said, 4) > 0 {
		return "ex27"
	}
	for _, d := range dialects() { // from those who put no length in front of an error
		for _, known := range []string{d.wrong, d.garbage} {
			if known != "" && strings.HasPrefix(said, known) {
				return d.name
			}
		}
	}
	switch n := messages(said, 2); {
	case n == 26:
		return "ex26-slide"
	case n > 0 && n <= 4: // fewer from those who take what one read gives them for a message
		return "ex26"
	}
	return ""
}

// messages returns how many a text consists of, 0 if it does not.
func messages(text string, digits int) (count int) {
	for text != "" {
		if len(text) < digits {
			return 0
		}
		n, ok := number([]byte(text[:digits]))
		if !ok || int(n) > len(text)-digits {
			return 0
		}
		text = text[digits+int(n):]
		count++
	}
	return count
}

func failed(ctx context.Context, err error) (Dialect, error) {
	if ctx.Err() != nil {
		return Dialect{}, err
	}
	return unknown("%v", worded(err))
}

func unknown(format string, args ...any) (Dialect, error) {
	e := codec.Errorf(codec.Unsupported, "which dialect that is cannot be known: "+format, args...)
	e.Hint = "try one by its name: " + strings.Join(Names(), ", ") + "; without --dialect it is " + codec.Version
	return Dialect{}, e
}
