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
	maxStreamFrames = 24      // per stream
	maxStreamBytes  = 1 << 20 // per stream
)

// An explanation records what a command sends. The command runs in a separate Env,
// connected to a fake server in this process, which answers as little as possible and
// changes nothing. The command is stopped at the first call whose answer would have
// local effects.
type explanation struct {
	verb    codec.Verb // the verb of the main call
	dialect string     // the dialect that calls are translated into, or ""

	mu        sync.Mutex
	calls     []explainedCall // the greeting comes first
	hasStream bool            // the current call has a stream
}

// An explainedCall is a call that a command has sent, with its stream.
type explainedCall struct {
	frames   []wireFrame
	taken    int       // frames of the stream that were received before the answer
	cutShort bool      // the answer came before the end of the stream
	messages []message // in a dialect, what is sent instead of frames
}

// runCommand runs a command against the fake server.
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
	dryRun.Local = &command.Local{Dir: env.Local.Dir, Previous: env.Local.Previous, Umask: env.Local.Umask}
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

// connect connects to the fake server, or to the gateway of a dialect, which needs no
// server.
func (e *explanation) connect(ctx context.Context, running *sync.WaitGroup, hello codec.Hello) (net.Conn, error) {
	if e.dialect != "" {
		return dialect.Explain(e.dialect, hello.Host)
	}
	clientSide, serverSide := net.Pipe()
	running.Go(func() { e.serve(ctx, serverSide, hello) })
	return clientSide, nil
}

// observe records sent frames.
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

// observeMessage records a request that the gateway of a dialect would send. e.mu
// must be held.
func (e *explanation) observeMessage(f codec.Frame) {
	m, err := dialect.ParseMessage(f)
	if n := len(e.calls) - 1; err == nil && e.dialect != "" && m.Sent && n >= 0 {
		e.calls[n].messages = append(e.calls[n].messages, message{m})
	}
}

// dropUntranslated checks whether the dialect has a request for the last of calls. If it
// has none, dropUntranslated removes that call and returns err, the error of the command.
// Otherwise it drops err, which only says that the gateway had no answer.
func (e *explanation) dropUntranslated(calls []explainedCall, err error) ([]explainedCall, error) {
	last := len(calls) - 1
	if e.dialect == "" || last < 0 || len(calls[last].messages) > 0 {
		return calls, nil
	}
	return calls[:last], err
}

// exchange makes a call, and then ends the command with errExplained. It returns the
// answer instead if the command only prints it or needs it for further calls.
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

// serve runs the fake server.
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

// takeStream receives the stream of a call. It stops after as many frames or bytes as a
// user would read.
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
	_ = c.Receive(ctx, func(f codec.Frame) error { // ends with END or errExplained
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
