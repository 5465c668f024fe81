package protocol

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
)

const (
	maxProbeBody   = 64 << 10 // of the body of a frame, what expect can look at
	rawQuietDelay  = 500 * time.Millisecond
	rawStreamDelay = 20 * time.Millisecond // for what has no answer, unless something is wrong
	expectTimeout  = 5 * time.Second
	unreadFactor   = 20              // times that long nothing is taken of what is sent
	helloTimeout   = 3 * time.Second // for what may be no techshd, and wait for us
)

func (w *Recording) runRaw(ctx context.Context, env *command.Env, in command.Invocation) error {
	b, err := parseRaw(ctx, env, in)
	if err != nil {
		return err
	}
	patience, err := waitOption(in, rawQuietDelay)
	if err != nil {
		return err
	}
	p, err := w.probeTo(ctx, env)
	if err != nil {
		return err
	}
	p.frames = nil
	sent := &probeConn{pending: b, ended: true}
	var last wireFrame
	for x, ok := sent.takeFrame(); ok; x, ok = sent.takeFrame() {
		x.sent, last = true, x
		w.showProbed(env, p, x, in.Has("full"))
	}
	if last.verb.Stream() && last.verb != codec.END {
		patience = rawStreamDelay
	}
	written := make(chan error, 1)
	var taken atomic.Int64
	p.goroutines.Go(func() { // beside reading: the other side may have to be heard before it listens
		for piece := range slices.Chunk(b, 32<<10) {
			n, err := p.rwc.Write(piece)
			if taken.Add(int64(n)); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	})
	answered := func(x wireFrame) bool {
		return !in.Has("x") && !in.Has("f") && (x.verb == codec.OK || x.verb == codec.ERR)
	}
	for still := time.Now(); ; {
		heard, took := len(p.pending), taken.Load()
		found, err := w.showUntil(ctx, env, p, patience, in.Has("full"), answered)
		select {
		case werr := <-written:
			return cmp.Or(err, werr)
		default: // it is still on its way
		}
		switch {
		case err != nil || p.ended:
		case found, len(p.pending) > heard, taken.Load() > took:
			still = time.Now()
			continue
		case time.Since(still) < unreadFactor*max(patience, rawStreamDelay):
			continue
		default:
			err = errors.New("the other side does not read")
		}
		p.ended = true // the rest of it must not be in front of what is sent next
		return err
	}
}

// parseRaw is what raw was told to send.
func parseRaw(ctx context.Context, env *command.Env, in command.Invocation) ([]byte, error) {
	path, file := in.Value("f")
	n := len(in.Words)
	switch {
	case file && (in.Has("x") || n > 0), in.Has("x") && n == 0, !file && n == 0:
		return nil, console.WithHint(errors.New("a verb, -x and bytes, or -f and a file"), "usage: "+in.Row.Usage())
	case file:
		f, err := env.Local.Open(ctx, codec.Lit(path), os.O_RDONLY)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		return b, console.About(path, err)
	case in.Has("x"):
		text := ""
		for _, w := range in.Words {
			text += strings.ReplaceAll(w.Text, " ", "")
		}
		b, err := hex.DecodeString(text)
		if err != nil {
			return nil, console.WithHint(fmt.Errorf("%s: no bytes in hexadecimal", codec.Name(text)), "two digits a byte: raw -x 44 49 52 20 20")
		}
		return b, nil
	}
	verb := codec.MakeVerb(strings.ToUpper(in.Words[0].Text))
	if verb == 0 {
		return nil, console.WithHint(fmt.Errorf("%s: no verb, which is 1 to 4 letters", codec.Name(in.Words[0].Text)), "raw -x sends any bytes")
	}
	var body []byte
	if n > 1 {
		body = []byte(codec.Join(in.Words[1:]) + "\n")
	}
	return wireFrame{verb: verb, length: len(body), body: body}.wireBytes(), nil
}

// waitOption reads the option of that name.
func waitOption(in command.Invocation, otherwise time.Duration) (time.Duration, error) {
	text, ok := in.Value("within")
	if !ok {
		return otherwise, nil
	}
	d, ok := console.ParseDuration(text)
	if !ok {
		return 0, fmt.Errorf("--within: %s is no time, such as 5s or 0.5", codec.Name(text))
	}
	return d, nil
}

func (w *Recording) runExpect(ctx context.Context, env *command.Env, in command.Invocation) error {
	patience, err := waitOption(in, expectTimeout)
	if err != nil {
		return err
	}
	verb, text := codec.MakeVerb(strings.ToUpper(in.Words[0].Text)), ""
	if verb == 0 {
		return fmt.Errorf("%s: no verb, which is 1 to 4 letters", codec.Name(in.Words[0].Text))
	}
	if len(in.Words) > 1 {
		text = in.Words[1].Text
	}
	wanted := func(x wireFrame) bool { return x.verb == verb && bytes.Contains(x.body, []byte(text)) }
	p := w.probe
	if p == nil { // else also one that has ended: that is the answer
		if p, err = w.probeTo(ctx, env); err != nil {
			return err
		}
	}
	for i, x := range p.frames {
		if wanted(x) {
			p.frames = p.frames[i+1:]
			return nil
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errExpectTimeout)
	defer cancel()
	found, err := w.showUntil(ctx, env, p, patience, false, wanted)
	p.frames = nil
	switch what := codec.Show(codec.Join(in.Words)); {
	case found:
		return nil
	case p.ended:
		return fmt.Errorf("%s: it did not come, and the other side has hung up", what)
	case err == nil || errors.Is(err, errExpectTimeout):
		return codec.Errorf(codec.Timeout, "%s: it did not come within %v", what, patience)
	}
	return err
}

var errExpectTimeout = errors.New("nothing more came")
