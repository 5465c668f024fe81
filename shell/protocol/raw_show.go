package protocol

import (
	"context"
	"errors"
	"fmt"
	"time"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// openRawConn returns the connection of the commands "raw" and "expect". It opens a new
// connection if there is none, if the previous one has ended, or if the target has
// changed. The only part of the handshake that it sends is the cookie.
func (r *Recording) openRawConn(ctx context.Context, env *command.Env) (*rawConn, error) {
	target := env.Target
	if env.Conn != nil {
		target = env.Conn.Target
	}
	if env.Dialect != "" { // the connection would be to the gateway in this process
		const format = "%s speaks a dialect, but these are frames of %s"
		err := codec.Errorf(codec.Unsupported, format, client.TargetName(target), codec.Version)
		return nil, console.WithHint(err, "nc sends any bytes, and explain shows those of a command")
	}
	if p := r.rawConn; p != nil {
		if p.target == target && !p.ended {
			return p, nil
		}
		p.close()
		r.rawConn = nil
	}
	rwc, opening, err := env.Dial(ctx, target, env.Console.AskSecret)
	if err != nil {
		return nil, err
	}
	r.connections++
	p := newRawConn(target, r.connections, rwc, opening.Noise)
	r.rawConn = p
	if opening.Cookie != "" {
		body := []byte(opening.Cookie + "\n")
		auth := wireFrame{sent: true, verb: codec.AUTH, length: len(body), body: body}
		r.showRaw(env, p, auth, false)
		if _, err := rwc.Write(auth.wireBytes()); err != nil {
			return nil, err
		}
	}
	isGreeting := func(w wireFrame) bool { return w.verb == codec.HELO || w.verb == codec.ERR }
	_, err = r.showUntil(ctx, env, p, helloTimeout, false, isGreeting)
	return p, err
}

// showRaw prints and records a frame of a rawConn.
func (r *Recording) showRaw(env *command.Env, p *rawConn, w wireFrame, full bool) {
	w.connection, w.at = p.number, time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(w)
	format := r.format()
	format.full = full
	fmt.Fprint(env.Console, w.format(env.Console.Paint, format))
	_ = env.Console.Flush() // the error is returned when the command ends
}

// showUntil prints the received frames up to the first one for which isWanted returns
// true. If nothing is received within the delay, or the connection ends, found is false
// and err is nil.
func (r *Recording) showUntil(
	ctx context.Context, env *command.Env, p *rawConn, delay time.Duration, full bool,
	isWanted func(wireFrame) bool,
) (found bool, err error) {
	for {
		w, ok, err := p.next(ctx, delay)
		late := errors.Is(err, errExpectTimeout) // an incomplete frame is still shown
		if err != nil && !late {
			return false, err
		}
		if !ok {
			break
		}
		r.showRaw(env, p, w, full)
		p.keep(w)
		if isWanted(w) {
			return true, nil
		}
	}
	remark := ""
	switch {
	case p.ended:
		remark = "< the remote has closed the connection"
	case len(p.pending) > 0:
		beginning := string(p.pending[:min(len(p.pending), maxContent)])
		remark = fmt.Sprintf("< %d bytes of an incomplete frame: %s", len(p.pending), codec.Show(beginning))
	default:
		return false, nil
	}
	fmt.Fprintln(env.Console, env.Console.Paint.Dim(remark))
	return false, nil
}
