package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/trust"
)

// What crosses the wire, for who explores the protocol: this file keeps and
// traces it, crossing.go shows a frame, records.go writes and reads files of
// them, explain.go says what would cross, messages.go shows either in a dialect,
// and raw.go sends anything.

func wireRows() []row {
	secrets := codec.Option{Long: "secrets", Line: "cookies and proofs as they are"}
	return []row{
		{
			names: []string{"explain"}, synopsis: "COMMAND", line: "the bytes that a command would send, and what may come back; sends nothing", leading: true, explains: true, reaches: true,
			least: 1, most: -1, kinds: []kind{commandName}, run: explain, examples: []string{`explain dir C:\`, "explain put notes.txt"},
		},
		{
			names: []string{"trace"}, synopsis: "[--full] [--secrets] [on|off|hex]", line: "shows the frames that commands send and get, as lines or as bytes, on standard error", most: 1, reaches: true, run: trace,
			options:  []codec.Option{{Long: "full", Line: "file contents too, not only their first 64 bytes"}, secrets},
			examples: []string{"trace on", "trace hex", "trace off"},
		},
		{
			names: []string{"wire"}, synopsis: "[-x] [--secrets] show [FILE] | save FILE", line: "shows or saves the last 256 frames, or shows what was saved", least: 1, most: 2, kinds: []kind{anything, localFile}, reaches: true, run: wireCommand,
			options:  []codec.Option{{Short: 'x', Line: "shows every byte"}, secrets},
			examples: []string{"wire show", "wire save frames.txt", "wire -x show frames.txt"},
		},
		{
			names: []string{"raw"}, synopsis: "[--full] [--within TIME] VERB [BODY] | -x HEX… | -f FILE", line: "sends that frame, or any bytes, on a connection of its own, and shows what comes",
			leading: true, most: -1, reaches: true, frames: true, run: raw,
			options: []codec.Option{
				{Short: 'x', Line: "the words are bytes in hexadecimal"},
				{Short: 'f', Arg: "FILE", Line: "the bytes of a file here"},
				{Long: "within", Arg: "TIME", Line: "waits so long for more to come; else 500ms"},
				{Long: "full", Line: "file contents too, not only their first 64 bytes"},
			},
			examples: []string{"raw DIR *.txt", "raw -x 44 49 52 20 20", "raw -f frames.bin"},
		},
		{
			names: []string{"expect"}, synopsis: "[--within TIME] VERB [TEXT]", line: "waits until such a frame comes in answer to raw, with TEXT in it", leading: true, least: 1, most: 2, reaches: true, frames: true, run: expect,
			options:  []codec.Option{{Long: "within", Arg: "TIME", Line: "or fails after that; else 5s"}},
			examples: []string{"expect OK", "expect ERR not-found"},
		},
	}
}

const (
	wireKept    = 256 // frames
	contentKept = 64  // bytes of DATA and NOTE
)

// How frames are traced.
const (
	traceOff = iota
	traceLines
	traceHex
)

// A wire knows what has crossed the connections of a shell, of late. What it
// is told comes from the goroutines that read and write them.
type wire struct {
	s           *Shell
	connections int // that there were
	probe       *probe

	mu            sync.Mutex
	ring          [wireKept]crossing
	crossed       int // ever
	mode          int
	full, secrets bool
	recorder      *recorder
}

// newWire is that of a shell. A job's frames are recorded with its shell's.
func newWire(s *Shell) *wire {
	w := &wire{s: s}
	switch {
	case s.job != nil:
		w.recorder = s.job.of.wire.recorder
	case s.Wire != nil:
		w.recorder = &recorder{to: s.Wire, full: s.WireFull, secrets: s.WireSecrets}
	}
	return w
}

// tap makes c's frames known to its shell's wire.
func (w *wire) tap(c *connection) func(sent bool, f codec.Frame) {
	w.connections++
	number := w.connections
	c.wire.Store(w)
	return func(sent bool, f codec.Frame) {
		x := crossing{connection: number, sent: sent, at: time.Now(), verb: f.Verb, length: len(f.Body), body: f.Body}
		if w.s.Dialect != "" { // else nothing of ours has sent a WIRE
			m, err := dialect.ParseMessage(f)
			if err != nil {
				return // between the shell and its gateway; nothing of it crosses
			}
			x = crossing{connection: number, sent: m.Sent, at: x.at, message: &message{m}}
		}
		c.wire.Load().note(x)
	}
}

// note keeps a frame and shows it if it is traced. Its body is lent.
func (w *wire) note(x crossing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(x)
	if w.traces(x) {
		w.trace(x)
	}
}

// keep keeps and records a frame. The lock is held.
func (w *wire) keep(x crossing) {
	if w.recorder != nil {
		w.recorder.write(x)
	}
	slot := &w.ring[w.crossed%wireKept]
	w.crossed++
	room := slot.body[:0]
	if cap(room) > 4<<10 {
		room = nil
	}
	*slot = x
	slot.body = append(room, x.cut(contentKept).body...)
}

// traces says whether a frame is shown: not behind the back of who types at
// the prompt, and not on a terminal that a program there has.
func (w *wire) traces(x crossing) bool {
	typing := w.s.editor != nil && w.s.editor.Idle()
	lent := w.s.Err.Terminal && w.s.lent.Load() != nil
	return w.mode != traceOff && x.verb != codec.TICK && !typing && !lent
}

// trace shows a frame below what is on the terminal.
func (w *wire) trace(x crossing) {
	text := w.shown(x, w.s.warn, w.full, w.secrets, w.mode == traceHex)
	switch {
	case !w.s.Err.Terminal:
	case w.s.printed.open.Swap(false):
		text = "\n" + text
	default: // over what shows the progress
		text = "\r\x1b[K" + text
	}
	_, _ = io.WriteString(w.s.Err, text) // nobody is left to be told
}

func (w *wire) shown(x crossing, p palette, full, secrets, hex bool) string {
	if x.message != nil && hex {
		return x.message.hex(p)
	} else if x.message != nil {
		return x.message.line(p)
	}
	if !full {
		x = x.cut(contentKept)
	}
	if !secrets {
		x = x.redacted()
	}
	if hex {
		return x.hex(p)
	}
	return x.line(p)
}

// close ends what belongs to the wire. The error is that of the recording.
func (w *wire) close() error {
	if w.probe != nil {
		w.probe.close()
	}
	if w.recorder == nil || w.s.job != nil {
		return nil
	}
	w.recorder.mu.Lock()
	defer w.recorder.mu.Unlock()
	return aboutStream("--wire", w.recorder.failed)
}

// last returns the frames that are kept, the oldest first.
func (w *wire) last() []crossing {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []crossing
	for i := max(0, w.crossed-wireKept); i < w.crossed; i++ {
		x := w.ring[i%wireKept]
		x.body = bytes.Clone(x.body)
		all = append(all, x)
	}
	return all
}

func trace(_ context.Context, s *Shell, in invocation) error {
	if s.Dialect != "" && in.Has("full") {
		return &misuse{errors.New("--full: in a dialect, of contents only the first 64 bytes are told")}
	}
	names := []string{"off", "on", "hex"}
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	if len(in.Words) == 0 {
		fmt.Fprintln(s.out, names[s.wire.mode])
		return nil
	}
	for mode, name := range names {
		if strings.EqualFold(in.Words[0].Text, name) {
			s.wire.mode, s.wire.full, s.wire.secrets = mode, in.Has("full"), in.Has("secrets")
			return nil
		}
	}
	return fmt.Errorf("%s: it is on, off or hex", codec.Name(in.Words[0].Text))
}

func wireCommand(ctx context.Context, s *Shell, in invocation) error {
	what, named := strings.ToLower(in.Words[0].Text), len(in.Words) == 2
	switch {
	case what == "save" && named:
		return s.saveWire(ctx, in.Words[1], in.Has("secrets"))
	case what != "show":
		return withHint(fmt.Errorf("%s: it is show, or save FILE", codec.Name(in.Words[0].Text)), "usage: "+in.row.usage())
	}
	all := s.wire.last()
	if named {
		f, err := s.openLocal(ctx, in.Words[1], os.O_RDONLY)
		if err != nil {
			return err
		}
		defer f.Close()
		text, err := io.ReadAll(f)
		if err != nil {
			return about(in.Words[1].Text, err)
		}
		if all, err = parseRecords(in.Words[1].Text, strings.ReplaceAll(string(text), "\r\n", "\n")); err != nil {
			return err
		}
	}
	for _, x := range all {
		fmt.Fprintf(s.out, "%s ", s.paint.dim(fmt.Sprintf("%s %d", x.at.Local().Format("15:04:05.000000"), x.connection)))
		if in.Has("x") {
			fmt.Fprintln(s.out)
		}
		fmt.Fprint(s.out, s.wire.shown(x, s.paint, true, in.Has("secrets"), in.Has("x")))
	}
	return nil
}

// saveWire writes the last frames into a new file, for nobody else to read.
func (s *Shell) saveWire(ctx context.Context, name codec.Word, secrets bool) error {
	paths, err := s.local(ctx, codec.Word{Text: name.Text, Quoted: name.Quoted || isPattern(name)})
	if err != nil {
		return about(name.Text, err)
	}
	f, err := trust.OpenPrivate(localPath(s.Dir, paths[0]), os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return about(name.Text, err)
	}
	r := recorder{to: f, secrets: secrets}
	all := s.wire.last()
	for _, x := range all {
		r.write(x)
	}
	s.tell("%s", count(int64(len(all)), "frame"))
	return about(name.Text, errors.Join(r.failed, f.Close()))
}
