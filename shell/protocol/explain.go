package protocol

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// An explanation runs a command in an Env of its own whose server is in this
// process, knows nothing and does nothing, and notes what the command sends. It
// ends at the first call whose answer would have something done locally.
type explanation struct {
	verb    codec.Verb // of the call that the command is for
	dialect string     // that calls are translated into, if it is any

	mu        sync.Mutex
	calls     []explainedCall // what was sent, the greeting first
	hasStream bool            // the call that runs has a stream
}

// A explainedCall is a call, and its stream.
type explainedCall struct {
	frames   []wireFrame
	taken    int       // of the stream, before it was answered
	cutShort bool      // before it was whole
	messages []message // that are sent instead, in a dialect
}

var errExplained = errors.New("explained")

func runExplain(ctx context.Context, env *command.Env, in command.Invocation) error {
	of := *in.Explained
	verb := of.Row.Verb
	switch of.Row.Name() { // what does something here and there
	case "kill":
		verb = "KILL"
	case "exit", "close":
		verb = "EXIT"
	case "open":
		verb = codec.HELO.String()
	}
	if verb == "" {
		return console.WithHint(fmt.Errorf("%s: a command of this side, and no call of the remote", of.Row.Name()), "explain dir shows what dir sends")
	}
	spoken, err := env.SpokenDialect()
	if err != nil {
		return err
	}
	if spoken != "" && of.Row.Name() == "open" {
		fmt.Fprintln(env.Console, env.Console.Paint.Dim("in "+spoken+" nothing is said before the first command"))
		return nil
	}
	e := &explanation{verb: codec.MakeVerb(verb), dialect: spoken}
	err = e.runCommand(ctx, env, of)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	calls := e.calls[1:]
	if of.Row.Name() == "open" {
		calls = e.calls[:1]
	}
	if len(calls) == 0 && err != nil {
		return err
	}
	calls, err = e.dropUntranslated(calls, err)
	shown := 0
	for i := 0; i < len(calls); i++ {
		same := i
		for same+1 < len(calls) && slices.EqualFunc(calls[same].frames, calls[same+1].frames, wireFrame.equal) {
			same++
		}
		if shown++; shown > 1 {
			fmt.Fprintln(env.Console)
		}
		explainCall(env, calls[i], same-i)
		i = same
	}
	whole := slices.ContainsFunc(calls, func(c explainedCall) bool { return c.frames[0].verb == e.verb })
	if err == nil && (!whole || shown > 1 || of.Row.Name() == "sync") {
		fmt.Fprintln(env.Console, env.Console.Paint.Dim("what is sent behind an answer can depend on it"))
	}
	return err
}

func (x wireFrame) equal(y wireFrame) bool {
	return x.verb == y.verb && x.length == y.length && string(x.body) == string(y.body)
}

// explainCall shows a call and its stream byte by byte.
func explainCall(env *command.Env, c explainedCall, again int) {
	shown := min(len(c.frames), c.taken+1)
	if c.frames[0].verb == codec.HELO {
		shown = len(c.frames)
	}
	for _, m := range c.messages {
		explainMessage(env, m)
	}
	repeats := func() {
		if again > 0 {
			fmt.Fprintln(env.Console, env.Console.Paint.Dim("> the same again, "+console.Count(int64(again), "time")))
		}
	}
	if len(c.messages) > 0 {
		repeats()
		return
	}
	for _, x := range c.frames[:shown] {
		fmt.Fprintf(env.Console, "%s %s\n%s", env.Console.Paint.Bold("> "+x.verb.String()), env.Console.Paint.Dim(frameSize(x)), dissectText(x.redacted().fields(env.Console.Paint), "", env.Console.Paint))
	}
	if c.cutShort {
		fmt.Fprintln(env.Console, env.Console.Paint.Dim("> and so on, until END"))
	}
	repeats()
	fmt.Fprintf(env.Console, "%s %s\n", env.Console.Paint.Bold("<"), describeAnswer(c.frames[0].verb.String()))
}

func frameSize(x wireFrame) string {
	return fmt.Sprintf(" %d bytes: a header of %d, and a body of %d", codec.HeaderSize+x.length, codec.HeaderSize, x.length)
}

// runCommand runs a command against the server that knows nothing.
func (e *explanation) runCommand(ctx context.Context, env *command.Env, c command.Command) error {
	ctx, cancel := context.WithCancel(ctx)
	var server sync.WaitGroup
	defer server.Wait()
	defer cancel()
	hello := codec.Hello{System: "linux", Host: "remote", Cwd: "/", Verbs: append([]string{"EXIT", "KILL", "PART"}, env.Table.Verbs()...)}
	target, cwd, back := env.Target, hello.Cwd, ""
	if env.Conn != nil {
		hello, target, cwd, back = env.Conn.Hello, env.Conn.Target, env.Conn.Cwd, env.Conn.PreviousCwd
	}
	hello.Versions = []string{codec.Version}
	conn, err := e.connect(ctx, &server, hello)
	if err != nil {
		return err
	}
	own := *env
	own.Console = env.Console.ForDryRun()
	own.Local = &command.Local{Dir: env.Local.Dir, Previous: env.Local.Previous}
	if own.Conn, err = client.Greet(ctx, target, conn, link.Opening{Tap: e.observe}); err != nil {
		return err
	}
	defer own.Conn.Close()
	own.Conn.Cwd, own.Conn.PreviousCwd, own.Conn.Exchange = cwd, back, e.exchange
	if e.verb == codec.HELO {
		return nil
	}
	return c.Row.Run(ctx, &own, c.Invocation)
}

// connect opens the way to what answers here, in the name of hello or, for a
// dialect, of a gateway to nobody.
func (e *explanation) connect(ctx context.Context, running *sync.WaitGroup, hello codec.Hello) (net.Conn, error) {
	if e.dialect != "" {
		return dialect.Explain(e.dialect, hello.Host)
	}
	ours, theirs := net.Pipe()
	running.Go(func() { e.serve(ctx, theirs, hello) })
	return ours, nil
}

// observe notes what is sent.
func (e *explanation) observe(sent bool, f codec.Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !sent {
		e.observeMessage(f)
		return
	} else if f.Verb == codec.TICK && len(e.calls) > 1 {
		return
	}
	x := wireFrame{sent: true, verb: f.Verb, length: len(f.Body), body: f.Body}.truncated(maxContent)
	x.body = slices.Clone(x.body)
	call := !f.Verb.Stream() && f.Verb != codec.TICK && f.Verb != codec.STOP
	if n := len(e.calls) - 1; !call {
		if len(e.calls[n].frames) <= maxStreamFrames {
			e.calls[n].frames = append(e.calls[n].frames, x)
		}
		return
	}
	e.calls = append(e.calls, explainedCall{frames: []wireFrame{x}})
}

// exchange makes a call. Its error ends the command, unless all that is done with the
// answer is to say it, or to ask further.
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

const (
	maxStreamFrames = 24      // frames of a stream
	maxStreamBytes  = 1 << 20 // bytes of one
)

// serve is the server: it answers as little as each verb allows.
func (e *explanation) serve(ctx context.Context, conn net.Conn, hello codec.Hello) {
	watched := link.NewTimedConn(conn)
	c := codec.NewConn(watched)
	if errors.Join(c.WriteWords(codec.HELO, hello.Words()...), c.Flush()) != nil {
		c.Close()
		return
	}
	_ = link.New(c, watched).Serve(ctx, func(ctx context.Context, c *link.Call) (codec.Pairs, error) {
		e.takeStream(ctx, c)
		return answerMinimally(c, hello)
	})
}

// takeStream takes the stream of a call, if it has one, and not more of it than
// somebody wants to read.
func (e *explanation) takeStream(ctx context.Context, c *link.Call) {
	e.mu.Lock()
	call, streams := &e.calls[len(e.calls)-1], e.hasStream
	e.mu.Unlock()
	if !streams {
		return
	}
	room := maxStreamBytes
	if c.Verb == codec.MakeVerb("EXEC") || c.Verb == codec.MakeVerb("SH") {
		room = link.FirstCredit
	}
	_ = c.Receive(ctx, func(f codec.Frame) error { // what ends it is END, or that it is enough
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
