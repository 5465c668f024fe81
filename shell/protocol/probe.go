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

// A probe is the connection of raw and expect: nothing on it is made for us,
// and nothing that comes is taken for granted.
type probe struct {
	target  string
	number  int
	rwc     io.ReadWriteCloser
	came    chan []byte // closed when no more comes
	closing chan struct{}
	busy    sync.WaitGroup
	noise   bool        // a carrier may speak first
	broken  bool        // what came is no frame, and so is all that follows
	over    bool        // no more comes
	left    []byte      // what came, and is not taken yet
	frames  []wireFrame // that came since the last raw, for expect
}

// probe returns the connection of raw and expect, a new one where there is
// none, or none any more. A plain server is told the cookie. In a dialect there
// is none: it would lead to our own gateway.
func (w *Recording) connect(ctx context.Context, env *command.Env) (*probe, error) {
	target := env.Target
	if env.Conn != nil {
		target = env.Conn.Target
	}
	if env.Dialect != "" {
		err := codec.Errorf(codec.Unsupported, "%s speaks a dialect, and these are frames of %s", client.TargetName(target), codec.Version)
		return nil, console.WithHint(err, "nc sends any bytes, and explain shows those of a command")
	}
	if p := w.probe; p != nil {
		if p.target == target && !p.over {
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
	p := &probe{target: target, number: w.connections, rwc: rwc, noise: opening.Noise, came: make(chan []byte), closing: make(chan struct{})}
	w.probe = p
	p.busy.Go(p.read)
	if opening.Cookie != "" {
		auth := wireFrame{sent: true, verb: codec.AUTH, length: len(opening.Cookie) + 1, body: []byte(opening.Cookie + "\n")}
		w.show(env, p, auth, false)
		if _, err := rwc.Write(auth.bytes()); err != nil {
			return nil, err
		}
	}
	_, err = w.follow(ctx, env, p, helloTime, false, func(x wireFrame) bool { return x.verb == codec.HELO || x.verb == codec.ERR })
	return p, err
}

// crossed shows a frame of a probe, and keeps it.
func (w *Recording) show(env *command.Env, p *probe, x wireFrame, full bool) {
	x.connection, x.at = p.number, time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(x)
	fmt.Fprint(env.Console, w.shown(x, env.Console.Paint, full, w.secrets, w.mode == traceHex))
	_ = env.Console.Flush() // an error is the command's in the end
}

// follow shows what comes until it is what is wanted, or nothing more comes in
// time, which is no error.
func (w *Recording) follow(ctx context.Context, env *command.Env, p *probe, patience time.Duration, full bool, wanted func(wireFrame) bool) (found bool, err error) {
	for !found {
		x, ok, err := p.next(ctx, patience)
		switch {
		case err != nil:
			return false, err
		case ok:
			w.show(env, p, x, full)
			x.body = x.body[:min(len(x.body), probeBody)]
			p.frames = append(p.frames[max(0, len(p.frames)-wireKept):], x)
			found = wanted(x)
			continue
		case p.over:
			fmt.Fprintln(env.Console, env.Console.Paint.Dim("< the other side has hung up"))
		case len(p.left) > 0:
			beginning := p.left[:min(len(p.left), contentKept)]
			fmt.Fprintln(env.Console, env.Console.Paint.Dim(fmt.Sprintf("< %d bytes of a frame that is not whole: %s", len(p.left), codec.Show(string(beginning)))))
		}
		return false, nil
	}
	return true, nil
}

// read hands over what comes, until the end.
func (p *probe) read() {
	defer close(p.came)
	for {
		b := make([]byte, 32<<10)
		n, err := p.rwc.Read(b)
		if n > 0 {
			select {
			case p.came <- b[:n]:
			case <-p.closing:
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
func (p *probe) next(ctx context.Context, patience time.Duration) (x wireFrame, ok bool, err error) {
	for {
		if x, ok := p.take(); ok || p.over {
			return x, ok, nil
		}
		timer := time.NewTimer(patience)
		select {
		case b, more := <-p.came:
			p.left, p.over = append(p.left, b...), !more
		case <-timer.C:
			return x, false, nil
		case <-ctx.Done():
			return x, false, context.Cause(ctx)
		}
		timer.Stop()
	}
}

// take cuts a frame off what came, or all of it when it is none.
func (p *probe) take() (x wireFrame, ok bool) {
	if p.noise {
		p.noise = !p.pastNoise()
	}
	if len(p.left) == 0 || p.noise && !p.over {
		return x, false
	}
	f, err := codec.NewConn(given{bytes.NewReader(p.left)}).ReadFrame()
	if err == nil && !p.broken {
		p.left = p.left[codec.HeaderSize+len(f.Body):]
		return wireFrame{verb: f.Verb, length: len(f.Body), body: f.Body}, true
	}
	p.broken = p.broken || errors.Is(err, &codec.Error{Code: codec.BadFrame})
	if !p.broken && !p.over {
		return x, false
	}
	x = wireFrame{length: len(p.left), body: p.left}
	p.left = nil
	return x, true
}

// pastNoise drops what a carrier says before HELO; one that says too much is
// shown.
func (p *probe) pastNoise() bool {
	at := bytes.Index(p.left, []byte("HELO 0"))
	if at >= 0 {
		p.left = p.left[at:]
	}
	return at >= 0 || len(p.left) > codec.MaxNoise
}

// given is what came, as a connection to read frames from.
type given struct{ io.Reader }

func (given) Write(b []byte) (int, error) { return len(b), nil }
func (given) Close() error                { return nil }

// close closes the connection and waits for who reads and writes.
func (p *probe) close() {
	close(p.closing)
	p.rwc.Close()
	p.busy.Wait()
}
