package protocol

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// A probeConn is the connection of raw and expect: nothing on it is made for us,
// and nothing that comes is taken for granted.
type probeConn struct {
	target       string
	number       int
	rwc          io.ReadWriteCloser
	incoming     chan []byte // closed when no more comes
	closed       chan struct{}
	goroutines   sync.WaitGroup
	mayHaveNoise bool        // a carrier may speak first
	broken       bool        // what came is no frame, and so is all that follows
	ended        bool        // no more comes
	pending      []byte      // what came, and is not taken yet
	frames       []wireFrame // that came since the last raw, for expect
}

// probe returns the connection of raw and expect, a new one where there is
// none, or none any more. A plain server is told the cookie. In a dialect there
// is none: it would lead to our own gateway.
func (w *Recording) probeTo(ctx context.Context, env *command.Env) (*probeConn, error) {
	target := env.Target
	if env.Conn != nil {
		target = env.Conn.Target
	}
	if env.Dialect != "" {
		err := codec.Errorf(codec.Unsupported, "%s speaks a dialect, and these are frames of %s", client.TargetName(target), codec.Version)
		return nil, console.WithHint(err, "nc sends any bytes, and explain shows those of a command")
	}
	if p := w.probe; p != nil {
		if p.target == target && !p.ended {
			return p, nil
		}
		p.close()
		w.probe = nil
	}
	rwc, opening, err := env.Dial(ctx, target, env.Console.AskSecret)
	if err != nil {
		return nil, err
	}
	w.connections++
	p := &probeConn{target: target, number: w.connections, rwc: rwc, mayHaveNoise: opening.Noise, incoming: make(chan []byte), closed: make(chan struct{})}
	w.probe = p
	p.goroutines.Go(p.read)
	if opening.Cookie != "" {
		auth := wireFrame{sent: true, verb: codec.AUTH, length: len(opening.Cookie) + 1, body: []byte(opening.Cookie + "\n")}
		w.showProbed(env, p, auth, false)
		if _, err := rwc.Write(auth.wireBytes()); err != nil {
			return nil, err
		}
	}
	_, err = w.showUntil(ctx, env, p, helloTimeout, false, func(x wireFrame) bool { return x.verb == codec.HELO || x.verb == codec.ERR })
	return p, err
}

// crossed shows a frame of a probe, and keeps it.
func (w *Recording) showProbed(env *command.Env, p *probeConn, x wireFrame, full bool) {
	x.connection, x.at = p.number, time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(x)
	fmt.Fprint(env.Console, w.frameText(x, env.Console.Paint, full, w.secrets, w.mode == traceHex))
	_ = env.Console.Flush() // an error is the command's in the end
}

// showUntil shows what comes until it is what is wanted, or nothing more comes in
// time, which is no error.
func (w *Recording) showUntil(ctx context.Context, env *command.Env, p *probeConn, patience time.Duration, full bool, wanted func(wireFrame) bool) (found bool, err error) {
	for !found {
		x, ok, err := p.next(ctx, patience)
		switch {
		case err != nil:
			return false, err
		case ok:
			w.showProbed(env, p, x, full)
			x.body = x.body[:min(len(x.body), maxProbeBody)]
			p.frames = append(p.frames[max(0, len(p.frames)-maxFrames):], x)
			found = wanted(x)
			continue
		case p.ended:
			fmt.Fprintln(env.Console, env.Console.Paint.Dim("< the other side has hung up"))
		case len(p.pending) > 0:
			beginning := p.pending[:min(len(p.pending), maxContent)]
			fmt.Fprintln(env.Console, env.Console.Paint.Dim(fmt.Sprintf("< %d bytes of a frame that is not whole: %s", len(p.pending), codec.Show(string(beginning)))))
		}
		return false, nil
	}
	return true, nil
}

// read hands over what comes, until the end.
func (p *probeConn) read() {
	defer close(p.incoming)
	for {
		b := make([]byte, 32<<10)
		n, err := p.rwc.Read(b)
		if n > 0 {
			select {
			case p.incoming <- b[:n]:
			case <-p.closed:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// next waits for a frame, or for bytes that are none. It is not ok when
// nothing came for that long, or nothing more can.
func (p *probeConn) next(ctx context.Context, patience time.Duration) (x wireFrame, ok bool, err error) {
	for {
		if x, ok := p.takeFrame(); ok || p.ended {
			return x, ok, nil
		}
		timer := time.NewTimer(patience)
		select {
		case b, more := <-p.incoming:
			p.pending, p.ended = append(p.pending, b...), !more
		case <-timer.C:
			return x, false, nil
		case <-ctx.Done():
			return x, false, context.Cause(ctx)
		}
		timer.Stop()
	}
}

// takeFrame cuts a frame off what came, or all of it when it is none.
func (p *probeConn) takeFrame() (x wireFrame, ok bool) {
	if p.mayHaveNoise {
		p.mayHaveNoise = !p.skipNoise()
	}
	if len(p.pending) == 0 || p.mayHaveNoise && !p.ended {
		return x, false
	}
	f, err := codec.NewConn(byteReader{bytes.NewReader(p.pending)}).ReadFrame()
	if err == nil && !p.broken {
		p.pending = p.pending[codec.HeaderSize+len(f.Body):]
		return wireFrame{verb: f.Verb, length: len(f.Body), body: f.Body}, true
	}
	p.broken = p.broken || errors.Is(err, &codec.Error{Code: codec.BadFrame})
	if !p.broken && !p.ended {
		return x, false
	}
	x = wireFrame{length: len(p.pending), body: p.pending}
	p.pending = nil
	return x, true
}

// skipNoise drops what a carrier says before HELO; one that says too much is
// shown.
func (p *probeConn) skipNoise() bool {
	at := bytes.Index(p.pending, []byte("HELO 0"))
	if at >= 0 {
		p.pending = p.pending[at:]
	}
	return at >= 0 || len(p.pending) > codec.MaxNoise
}

// byteReader is what came, as a connection to read frames from.
type byteReader struct{ io.Reader }

func (byteReader) Write(b []byte) (int, error) { return len(b), nil }
func (byteReader) Close() error                { return nil }

// close closes the connection and waits for who reads and writes.
func (p *probeConn) close() {
	close(p.closed)
	p.rwc.Close()
	p.goroutines.Wait()
}
