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
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
)

const (
	rawQuietDelay  = 500 * time.Millisecond // the command "raw" ends when nothing has been received for this time
	rawStreamDelay = 20 * time.Millisecond  // like rawQuietDelay, but after a stream frame, which is not answered
	rawChunkBytes  = 32 << 10               // number of bytes that are sent in a single write
	unreadFactor   = 20                     // the command "raw" fails after this many delays without progress
	helloTimeout   = 3 * time.Second        // limit for HELO; servers other than techshd may wait for the client
	expectTimeout  = 5 * time.Second
	maxRawBody     = 64 << 10 // limit for the part of a body that the command "expect" searches
)

func (r *Recording) runRaw(ctx context.Context, env *command.Env, in command.Invocation) error {
	b, err := parseRaw(ctx, env, in)
	if err != nil {
		return err
	}
	delay, err := withinOption(in, rawQuietDelay)
	if err != nil {
		return err
	}
	p, err := r.openRawConn(ctx, env)
	if err != nil {
		return err
	}
	p.frames = nil
	cutter := &rawConn{pending: b, ended: true}
	var last wireFrame
	for w, ok := cutter.takeFrame(); ok; w, ok = cutter.takeFrame() {
		w.sent, last = true, w
		r.showRaw(env, p, w, in.Has("full"))
	}
	if last.verb.Stream() && last.verb != codec.END {
		delay = rawStreamDelay
	}
	isCall, answered := !in.Has("x") && !in.Has("f") && belongsToCall(last.verb), false
	isAnswer := func(w wireFrame) bool {
		isFinal := w.verb == codec.OK || w.verb == codec.ERR
		answered = answered || isFinal
		return isCall && isFinal
	}
	err = p.send(b, unreadFactor*max(delay, rawStreamDelay), func() (found bool, err error) {
		return r.showUntil(ctx, env, p, delay, in.Has("full"), isAnswer)
	})
	if isCall && !answered && p.lost {
		err = &link.LostError{Reason: err}
	}
	return err
}

// belongsToCall reports whether v is a call or a frame of its stream, so that an answer
// comes sooner or later.
func belongsToCall(v codec.Verb) bool {
	return !v.FromServer() && v != codec.HELO && v != codec.TICK && v != codec.STOP
}

// send sends b. Meanwhile it calls showAnswers repeatedly; found means that the answer
// was received. send fails if the remote neither reads nor answers for the duration
// timeout.
func (p *rawConn) send(b []byte, timeout time.Duration, showAnswers func() (found bool, err error)) error {
	sent := make(chan error, 1)
	var sentBytes atomic.Int64
	p.goroutines.Go(func() { // some servers stop reading until their answers are read
		for chunk := range slices.Chunk(b, rawChunkBytes) {
			n, err := p.rwc.Write(chunk)
			if sentBytes.Add(int64(n)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	})
	for progress := time.Now(); ; {
		pendingBefore, sentBefore := len(p.pending), sentBytes.Load()
		found, err := showAnswers()
		select {
		case sendErr := <-sent:
			return cmp.Or(err, sendErr)
		default:
		}
		switch {
		case err != nil || p.ended:
		case found, len(p.pending) > pendingBefore, sentBytes.Load() > sentBefore:
			progress = time.Now()
			continue
		case time.Since(progress) < timeout:
			continue
		default:
			err = errors.New("the remote does not read")
		}
		p.ended = true // the next command "raw" must not send its bytes after a part of b
		return err
	}
}

// parseRaw returns the bytes that the command "raw" sends.
func parseRaw(ctx context.Context, env *command.Env, in command.Invocation) ([]byte, error) {
	path, hasFile := in.Value("f")
	n := len(in.Words)
	switch {
	case hasFile && (in.Has("x") || n > 0), in.Has("x") && n == 0, !hasFile && n == 0:
		err := errors.New("expected a verb, -x and bytes, or -f and a file")
		return nil, console.WithHint(err, "usage: "+in.Row.Usage())
	case hasFile:
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
			err := fmt.Errorf("%s: not bytes in hexadecimal", codec.Name(text))
			return nil, console.WithHint(err, "two digits per byte: raw -x 44 49 52 20 20")
		}
		return b, nil
	}
	verb, err := parseVerb(in.Words[0])
	if err != nil {
		return nil, console.WithHint(err, "raw -x sends any bytes")
	}
	var body []byte
	if n > 1 {
		body = []byte(codec.Join(in.Words[1:]) + "\n")
	}
	return wireFrame{verb: verb, length: len(body), body: body}.wireBytes(), nil
}

// parseVerb parses a verb, in upper or lower case.
func parseVerb(w codec.Word) (codec.Verb, error) {
	verb := codec.MakeVerb(strings.ToUpper(w.Text))
	if verb == 0 {
		return 0, fmt.Errorf("%s: not a verb, which has 1 to 4 letters", codec.Name(w.Text))
	}
	return verb, nil
}

// withinOption returns the value of --within, or byDefault.
func withinOption(in command.Invocation, byDefault time.Duration) (time.Duration, error) {
	text, ok := in.Value("within")
	if !ok {
		return byDefault, nil
	}
	d, ok := console.ParseDuration(text)
	if !ok {
		return 0, fmt.Errorf("--within: %s is not a duration such as 5s or 0.5", codec.Name(text))
	}
	return d, nil
}

var errExpectTimeout = errors.New("nothing more was received")

func (r *Recording) runExpect(ctx context.Context, env *command.Env, in command.Invocation) error {
	timeout, err := withinOption(in, expectTimeout)
	if err != nil {
		return err
	}
	verb, err := parseVerb(in.Words[0])
	if err != nil {
		return err
	}
	text := ""
	if len(in.Words) > 1 {
		text = in.Words[1].Text
	}
	isWanted := func(w wireFrame) bool { return w.verb == verb && bytes.Contains(w.body, []byte(text)) }
	p := r.rawConn
	if p == nil { // keep a closed connection: its frames may contain the answer
		if p, err = r.openRawConn(ctx, env); err != nil {
			return err
		}
	}
	for i, w := range p.frames {
		if isWanted(w) {
			p.frames = p.frames[i+1:]
			return nil
		}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errExpectTimeout)
	defer cancel()
	found, err := r.showUntil(ctx, env, p, timeout, false, isWanted)
	p.frames = nil
	switch wanted := codec.Show(codec.Join(in.Words)); {
	case found:
		return nil
	case p.ended:
		return fmt.Errorf("%s: the remote closed the connection before it was received", wanted)
	case err == nil || errors.Is(err, errExpectTimeout):
		return codec.Errorf(codec.Timeout, "%s: not received within %v", wanted, timeout)
	}
	return err
}
