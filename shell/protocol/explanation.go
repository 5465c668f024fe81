package protocol

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
)

const (
	maxStreamFrames = 24      // that the server takes of a stream
	maxStreamBytes  = 1 << 20 // likewise
)

// An explanation runs a command in an Env of its own, on a connection to a server in
// this process that knows nothing and does nothing, and keeps what the command sends.
// It ends at the first call whose answer would have something done locally.
type explanation struct {
	verb    codec.Verb // of the call that the command is for
	dialect string     // that the calls are translated into, or ""

	mu        sync.Mutex
	calls     []explainedCall // the greeting first
	hasStream bool            // the current call has a stream
}

// An explainedCall is a call that a command has sent, with its stream.
type explainedCall struct {
	frames   []wireFrame
	taken    int       // frames of the stream, before the call was answered
	cutShort bool      // it was answered before the end of its stream
	messages []message // that are sent instead, in a dialect
}

// runCommand runs a command against the server that knows nothing.
func (e *explanation) runCommand(ctx context.Context, env *command.Env, c command.Command) error {
	ctx, cancel := context.WithCancel(ctx)
	var server sync.WaitGroup
	defer server.Wait()
	defer cancel()
	verbs := append([]string{"EXIT", "KILL", "PART"}, env.Table.Verbs()...)
	hello := codec.Hello{System: "linux", Host: "remote", Cwd: "/", Verbs: verbs}
	target, cwd, previousCwd := env.Target, hello.Cwd, ""
	if conn := env.Conn; conn != nil {
		hello, target, cwd, previousCwd = conn.Hello, conn.Target, conn.Cwd, conn.PreviousCwd
	}
	hello.Versions = []string{codec.Version}
	rwc, err := e.connect(ctx, &server, hello)
	if err != nil {
		return err
	}
	dryRun := *env
	dryRun.Console = env.Console.ForDryRun()
	dryRun.Local = &command.Local{Dir: env.Local.Dir, Previous: env.Local.Previous}
	conn, err := client.Greet(ctx, target, rwc, link.Opening{Tap: e.observe})
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.Cwd, conn.PreviousCwd, conn.Exchange = cwd, previousCwd, e.exchange
	if e.verb == codec.HELO {
		return nil
	}
	dryRun.Conn = conn
	return c.Row.Run(ctx, &dryRun, c.Invocation)
}

// connect returns a connection to the server, or to the gateway of a dialect, which
// has no server.
func (e *explanation) connect(ctx context.Context, running *sync.WaitGroup, hello codec.Hello) (net.Conn, error) {
	if e.dialect != "" {
		return dialect.Explain(e.dialect, hello.Host)
	}
	clientSide, serverSide := net.Pipe()
	running.Go(func() { e.serve(ctx, serverSide, hello) })
	return clientSide, nil
}

// observe keeps the frames that are sent.
func (e *explanation) observe(sent bool, f codec.Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !sent {
		e.observeMessage(f)
		return
	}
	if f.Verb == codec.TICK && len(e.calls) > 1 {
		return
	}
	w := wireFrame{sent: true, verb: f.Verb, length: len(f.Body), body: f.Body}.truncated(maxContent)
	w.body = slices.Clone(w.body)
	if f.Verb.Stream() || f.Verb == codec.TICK || f.Verb == codec.STOP {
		call := &e.calls[len(e.calls)-1]
		if len(call.frames) <= maxStreamFrames {
			call.frames = append(call.frames, w)
		}
		return
	}
	e.calls = append(e.calls, explainedCall{frames: []wireFrame{w}})
}

// observeMessage keeps a request that the gateway of a dialect would send. The caller
// holds the lock.
func (e *explanation) observeMessage(f codec.Frame) {
	m, err := dialect.ParseMessage(f)
	if n := len(e.calls) - 1; err == nil && e.dialect != "" && m.Sent && n >= 0 {
		e.calls[n].messages = append(e.calls[n].messages, message{m})
	}
}

// dropUntranslated drops a last call that the dialect has no request for, and keeps
// err. Otherwise err is only that the gateway had no answer, and is dropped.
func (e *explanation) dropUntranslated(calls []explainedCall, err error) ([]explainedCall, error) {
	last := len(calls) - 1
	if e.dialect == "" || last < 0 || len(calls[last].messages) > 0 {
		return calls, nil
	}
	return calls[:last], err
}

// exchange makes a call. Its error ends the command, unless all that the command does
// with the answer is to print it, or to make further calls.
func (e *explanation) exchange(ctx context.Context, l *link.Link, r link.Request) (codec.Pairs, error) {
	e.mu.Lock()
	e.hasStream = r.Send != nil
	e.mu.Unlock()
	pairs, err := l.Do(ctx, r)
	if err != nil {
		return pairs, err
	}
	switch r.Verb.String() {
	case "TIME", "INFO", "DF":
		return pairs, nil
	case "STAT", "DU", "FIND", "PART", "PS", "HASH", "DISP":
		if r.Verb != e.verb {
			return pairs, nil
		}
	}
	return nil, errExplained
}

// serve is the server. It answers as little as each verb allows.
func (e *explanation) serve(ctx context.Context, conn net.Conn, hello codec.Hello) {
	timed := link.NewTimedConn(conn)
	c := codec.NewConn(timed)
	if errors.Join(c.WriteWords(codec.HELO, hello.Words()...), c.Flush()) != nil {
		c.Close()
		return
	}
	_ = link.New(c, timed).Serve(ctx, func(ctx context.Context, call *link.Call) (codec.Pairs, error) {
		e.takeStream(ctx, call)
		return answerMinimally(call, hello)
	})
}

// takeStream takes the stream of a call, if it has one, but no more of it than a
// person would read.
func (e *explanation) takeStream(ctx context.Context, c *link.Call) {
	e.mu.Lock()
	call, hasStream := &e.calls[len(e.calls)-1], e.hasStream
	e.mu.Unlock()
	if !hasStream {
		return
	}
	room := maxStreamBytes
	if c.Verb == codec.MakeVerb("EXEC") || c.Verb == codec.MakeVerb("SH") {
		room = link.FirstCredit
	}
	_ = c.Receive(ctx, func(f codec.Frame) error { // ends with END or with errExplained
		e.mu.Lock()
		defer e.mu.Unlock()
		call.taken++
		room -= len(f.Body)
		if f.Verb != codec.END && (room <= 0 || call.taken >= maxStreamFrames) {
			call.cutShort = true
			return errExplained
		}
		return nil
	})
}
