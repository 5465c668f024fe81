package protocol

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/trust"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// What crosses the wire, for who explores the protocol: this file keeps and
// traces it, crossing.go shows a frame, records.go writes and reads files of
// them, explain.go says what would cross, messages.go shows either in a dialect,
// and raw.go sends anything.

// Rows returns the commands that show the protocol.
func (w *Recording) Rows() []command.Row {
	secrets := codec.Option{Long: "secrets", Line: "cookies and proofs as they are"}
	rows := []command.Row{
		{
			Names: []string{"explain"}, Synopsis: "COMMAND", Line: "the bytes that a command would send, and what may come back; sends nothing", OptionsFirst: true, Explains: true, Dials: true,
			MinWords: 1, MaxWords: -1, Kinds: []command.Kind{command.CommandName, command.RemotePath}, Run: runExplain, Examples: []string{`explain dir C:\`, "explain put notes.txt"},
		},
		{
			Names: []string{"trace"}, Synopsis: "[--full] [--secrets] [on|off|hex]", Line: "shows the frames that commands send and get, as lines or as bytes, on standard error", MaxWords: 1, Dials: true, Run: w.runTrace,
			Options:  []codec.Option{{Long: "full", Line: "file contents too, not only their first 64 bytes"}, secrets},
			Examples: []string{"trace on", "trace hex", "trace off"},
			Dialect: &command.DialectRow{
				Words:    "[on|off|hex]",
				Line:     "shows what commands send and get, as lines or as bytes, on standard error",
				Examples: []string{"trace on", "trace hex", "trace off"},
			},
		},
		{
			Names: []string{"wire"}, Synopsis: "[-x] [--secrets] show [FILE] | save FILE", Line: "shows or saves the last 256 frames, or shows what was saved", MinWords: 1, MaxWords: 2, Kinds: []command.Kind{nil, command.LocalFile}, Dials: true, Run: w.runWire,
			Options:  []codec.Option{{Short: 'x', Line: "shows every byte"}, secrets},
			Examples: []string{"wire show", "wire save frames.txt", "wire -x show frames.txt"},
		},
		{
			Names: []string{"raw"}, Synopsis: "[--full] [--within TIME] VERB [BODY] | -x HEX… | -f FILE", Line: "sends that frame, or any bytes, on a connection of its own, and shows what comes",
			OptionsFirst: true, MaxWords: -1, Dials: true, FramesOnly: true, Run: w.runRaw,
			Options: []codec.Option{
				{Short: 'x', Line: "the words are bytes in hexadecimal"},
				{Short: 'f', Arg: "FILE", Line: "the bytes of a file here"},
				{Long: "within", Arg: "TIME", Line: "waits so long for more to come; else 500ms"},
				{Long: "full", Line: "file contents too, not only their first 64 bytes"},
			},
			Examples: []string{"raw DIR *.txt", "raw -x 44 49 52 20 20", "raw -f frames.bin"},
		},
		{
			Names: []string{"expect"}, Synopsis: "[--within TIME] VERB [TEXT]", Line: "waits until such a frame comes in answer to raw, with TEXT in it", OptionsFirst: true, MinWords: 1, MaxWords: 2, Dials: true, FramesOnly: true, Run: w.runExpect,
			Options:  []codec.Option{{Long: "within", Arg: "TIME", Line: "or fails after that; else 5s"}},
			Examples: []string{"expect OK", "expect ERR not-found"},
		},
	}
	return slices.Concat(rows, doctorRows(), lintRows(w.handshake))
}

const (
	maxFrames  = 256 // frames
	maxContent = 64  // bytes of DATA and NOTE
)

// How frames are traced.
const (
	traceOff = iota
	traceLines
	traceHex
)

// A Recording keeps what has crossed the connections of a session, of late. The
// goroutines that read and write them tell it.
type Recording struct {
	console     *console.Console
	dialect     string // of the course, or ""
	handshake   Handshake
	connections int // that there were
	probe       *probeConn

	mu            sync.Mutex
	frames        [maxFrames]wireFrame
	total         int // ever
	mode          int
	full, secrets bool
	recorder      *recorder // of --wire, or nil
}

// A Config is what New makes the recording of a session from.
type Config struct {
	Console   *console.Console // where frames are traced
	Dialect   string           // that the session speaks; "" is techsh/1
	Handshake Handshake        // for lint; nil skips its checks of TLS
	Record    io.Writer        // gets each frame as text when it crosses, in the format of wire save; may be nil
	Full      bool             // Record gets whole file contents, not only their beginning
	Secrets   bool             // Record gets cookies and proofs, not stars
}

// New returns the recording of a session, to which no frames have crossed yet. The
// caller has it closed when the session ends.
func New(c Config) *Recording {
	r := &Recording{console: c.Console, dialect: c.Dialect, handshake: c.Handshake}
	if c.Record != nil {
		r.recorder = &recorder{to: c.Record, full: c.Full, secrets: c.Secrets}
	}
	return r
}

// A Tap tells a recording of the frames of one connection.
type Tap struct {
	w          *Recording
	number     int
	background atomic.Bool
}

// NewTap returns the tap for a new connection.
func (w *Recording) NewTap() *Tap {
	w.connections++
	return &Tap{w: w, number: w.connections}
}

// Background says that the connection is now that of a job: its frames are only
// written, not kept and traced.
func (t *Tap) Background() { t.background.Store(true) }

// Observe takes a frame that has crossed the connection. Its body is lent.
func (t *Tap) Observe(sent bool, f codec.Frame) {
	x := wireFrame{connection: t.number, sent: sent, at: time.Now(), verb: f.Verb, length: len(f.Body), body: f.Body}
	if t.w.dialect != "" { // else nothing of ours has sent a WIRE
		m, err := dialect.ParseMessage(f)
		if err != nil {
			return // between the shell and its gateway; nothing of it crosses
		}
		x = wireFrame{connection: t.number, sent: m.Sent, at: x.at, message: &message{m}}
	}
	if t.background.Load() {
		t.w.writeRecord(x)
		return
	}
	t.w.observe(x)
}

// observe keeps a frame and shows it if it is traced.
func (w *Recording) observe(x wireFrame) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(x)
	if w.isTraced(x) {
		w.console.Trace(w.frameText(x, w.console.ErrPaint, w.full, w.secrets, w.mode == traceHex))
	}
}

// writeRecord writes a frame, if that is wanted.
func (w *Recording) writeRecord(x wireFrame) {
	if w.recorder != nil {
		w.recorder.write(x)
	}
}

// keep keeps and records a frame. The lock is held.
func (w *Recording) keep(x wireFrame) {
	w.writeRecord(x)
	slot := &w.frames[w.total%maxFrames]
	w.total++
	room := slot.body[:0]
	if cap(room) > 4<<10 {
		room = nil
	}
	*slot = x
	slot.body = append(room, x.truncated(maxContent).body...)
}

// isTraced reports whether a frame is shown: not while the person types at the
// prompt, and not on a terminal that is lent to a program.
func (w *Recording) isTraced(x wireFrame) bool {
	return w.mode != traceOff && x.verb != codec.TICK && !w.console.Typing() && !w.console.Lent()
}

func (w *Recording) frameText(x wireFrame, p console.Palette, full, secrets, hex bool) string {
	if x.message != nil && hex {
		return x.message.hex(p)
	} else if x.message != nil {
		return x.message.line(p)
	}
	if !full {
		x = x.truncated(maxContent)
	}
	if !secrets {
		x = x.redacted()
	}
	if hex {
		return x.hex(p)
	}
	return x.line(p)
}

// Close ends what belongs to the recording. The error is that of writing it.
func (w *Recording) Close() error {
	if w.probe != nil {
		w.probe.close()
	}
	if w.recorder == nil {
		return nil
	}
	w.recorder.mu.Lock()
	defer w.recorder.mu.Unlock()
	return console.AboutStream("--wire", w.recorder.failed)
}

// lastFrames returns the frames that are kept, the oldest first.
func (w *Recording) lastFrames() []wireFrame {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []wireFrame
	for i := max(0, w.total-maxFrames); i < w.total; i++ {
		x := w.frames[i%maxFrames]
		x.body = bytes.Clone(x.body)
		all = append(all, x)
	}
	return all
}

func (w *Recording) runTrace(_ context.Context, env *command.Env, in command.Invocation) error {
	if env.Dialect != "" && in.Has("full") {
		return &console.UsageError{Err: errors.New("--full: in a dialect, of contents only the first 64 bytes are told")}
	}
	names := []string{"off", "on", "hex"}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(in.Words) == 0 {
		fmt.Fprintln(env.Console, names[w.mode])
		return nil
	}
	for mode, name := range names {
		if strings.EqualFold(in.Words[0].Text, name) {
			w.mode, w.full, w.secrets = mode, in.Has("full"), in.Has("secrets")
			return nil
		}
	}
	return fmt.Errorf("%s: it is on, off or hex", codec.Name(in.Words[0].Text))
}

func (w *Recording) runWire(ctx context.Context, env *command.Env, in command.Invocation) error {
	what, named := strings.ToLower(in.Words[0].Text), len(in.Words) == 2
	switch {
	case what == "save" && named:
		return w.save(ctx, env, in.Words[1], in.Has("secrets"))
	case what != "show":
		return console.WithHint(fmt.Errorf("%s: it is show, or save FILE", codec.Name(in.Words[0].Text)), "usage: "+in.Row.Usage())
	}
	all := w.lastFrames()
	if named {
		f, err := env.Local.Open(ctx, in.Words[1], os.O_RDONLY)
		if err != nil {
			return err
		}
		defer f.Close()
		text, err := io.ReadAll(f)
		if err != nil {
			return console.About(in.Words[1].Text, err)
		}
		if all, err = parseRecords(in.Words[1].Text, strings.ReplaceAll(string(text), "\r\n", "\n")); err != nil {
			return err
		}
	}
	for _, x := range all {
		fmt.Fprintf(env.Console, "%s ", env.Console.Paint.Dim(fmt.Sprintf("%s %d", x.at.Local().Format("15:04:05.000000"), x.connection)))
		if in.Has("x") {
			fmt.Fprintln(env.Console)
		}
		fmt.Fprint(env.Console, w.frameText(x, env.Console.Paint, true, in.Has("secrets"), in.Has("x")))
	}
	return nil
}

// saveWire writes the last frames into a new file, for nobody else to read.
func (w *Recording) save(ctx context.Context, env *command.Env, name codec.Word, secrets bool) error {
	paths, err := env.Local.Expand(ctx, codec.Word{Text: name.Text, Quoted: name.Quoted || client.IsPattern(name)})
	if err != nil {
		return console.About(name.Text, err)
	}
	f, err := trust.OpenPrivate(env.Local.Path(paths[0]), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return console.About(name.Text, err)
	}
	r := recorder{to: f, secrets: secrets}
	all := w.lastFrames()
	for _, x := range all {
		r.write(x)
	}
	env.Console.Tell("%s", console.Count(int64(len(all)), "frame"))
	return console.About(name.Text, errors.Join(r.failed, f.Close()))
}
