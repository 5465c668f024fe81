package dialect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// A command is a command of a dialect and the function that answers it.
type command struct {
	names  []string
	params int
	run    func(v *clientSession, ctx context.Context, params []string) (reply string, err error)
}

func (d Dialect) commands() []command {
	switch d.name {
	case "ex26-slide", "ex26":
		return []command{
			{[]string{"TIME"}, 0, (*clientSession).clock},
			{[]string{"NAME", "WHORU"}, 0, textCommand("NAME")},
			{[]string{"RAND"}, 0, textCommand("RAND")},
			{[]string{"EXIT"}, 0, (*clientSession).exit},
		}
	case "ex27":
		return []command{
			{[]string{"DIR"}, 1, (*clientSession).dir},
			{[]string{"DELETE"}, 1, changeCommand("DEL")},
			{[]string{"COPY"}, 2, changeCommand("COPY")},
			{[]string{"EXECUTE"}, 1, (*clientSession).execute},
			{[]string{"TAKE_SCREENSHOT"}, 0, (*clientSession).takeScreenshot},
			{[]string{"SEND_PHOTO"}, 0, (*clientSession).sendPhoto},
			{[]string{"SEND_FILE"}, 1, (*clientSession).sendFile},
			{[]string{"EXIT"}, 0, (*clientSession).exit},
		}
	}
	return nil
}

// findCommand returns the command with this name, or nil.
func (d Dialect) findCommand(name string) *command {
	for _, c := range d.commands() {
		if slices.ContainsFunc(c.names, func(n string) bool { return strings.EqualFold(n, name) }) {
			return &c
		}
	}
	return nil
}

// answer carries out a request and returns the reply.
func (v *clientSession) answer(text string) (reply string, err error) {
	err = v.watchClient(func(ctx context.Context) error {
		reply, err = v.perform(ctx, text)
		return err
	})
	return reply, err
}

func (v *clientSession) perform(ctx context.Context, text string) (string, error) {
	switch v.name {
	case "echo":
		return v.echo(ctx, text)
	case "hello":
		return v.echo(ctx, "Hello "+text)
	}
	words := strings.Split(text, " ")
	c := v.findCommand(words[0])
	switch {
	case c != nil && len(words)-1 == c.params:
		return c.run(v, ctx, words[1:])
	case c != nil:
		v.warn("wrong number of parameters", text)
	case v.fixed > 0:
		return "", errGarbage // in this dialect garbage looks like an unknown command
	case text == "":
		v.warn("empty request", text)
	default:
		v.warn("unknown command", text)
	}
	return v.wrong, nil
}

// call makes a call of techsh/1. It quotes params, so that none of them is taken for a
// pattern or an option.
func (v *clientSession) call(
	ctx context.Context, verb string, params []string, recv func(codec.Frame) error,
) (codec.Pairs, error) {
	return v.link.Do(ctx, link.Request{Verb: codec.MakeVerb(verb), Words: codec.Lits(params...), Recv: recv})
}

// text makes a call whose answer is one line in DATA.
func (v *clientSession) text(ctx context.Context, verb string, params ...string) (string, error) {
	var b []byte
	_, err := v.call(ctx, verb, params, link.Answer{Data: func(some []byte) error {
		b = append(b, some...)
		return nil
	}}.Recv)
	return strings.TrimSuffix(string(b), "\n"), err
}

func (v *clientSession) echo(ctx context.Context, text string) (string, error) {
	return v.text(ctx, "ECHO", text)
}

// textCommand returns the function for a command without parameters. The reply to the
// command is the single line that the server sends as the answer to the verb.
func textCommand(verb string) func(*clientSession, context.Context, []string) (string, error) {
	return func(v *clientSession, ctx context.Context, _ []string) (string, error) { return v.text(ctx, verb) }
}

// changeCommand returns the function for a command whose reply only reports success.
func changeCommand(verb string) func(*clientSession, context.Context, []string) (string, error) {
	return func(v *clientSession, ctx context.Context, params []string) (string, error) {
		_, err := v.call(ctx, verb, params, nil)
		return replyOK, err
	}
}

const replyOK = "OK"

// slideClock is the format of TIME in ex26-slide; ex26 uses that of ctime(3).
const slideClock = "15:04:05.000000"

func (v *clientSession) clock(ctx context.Context, _ []string) (string, error) {
	text, err := v.text(ctx, "TIME")
	if err != nil {
		return "", err
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if v.fixed > 0 {
		return t.Format(slideClock), err
	}
	return t.Format(time.ANSIC), err
}

func (v *clientSession) exit(context.Context, []string) (string, error) {
	v.log.Info("exit")
	return v.bye, errExit
}

// maxNames limits the total size in bytes of the names that dir collects and sorts. A
// reply has room for far fewer names.
const maxNames = 1 << 20

func (v *clientSession) dir(ctx context.Context, params []string) (string, error) {
	var names []string
	size := 0
	_, err := v.call(ctx, "DIR", params, link.Answer{Entry: func(e codec.Entry) error {
		if size += len(e.Name) + 1; size <= maxNames {
			names = append(names, e.Name)
		}
		return nil
	}}.Recv)
	slices.Sort(names)
	return strings.Join(names, "\n"), err
}

// The replies to EXECUTE for a program that has failed.
const (
	exitStatus = "exit status "
	killedBy   = "killed by signal "
)

// execute runs a program to its end. Its output is dropped.
func (v *clientSession) execute(ctx context.Context, params []string) (string, error) {
	pairs, err := v.call(ctx, "EXEC", params, nil)
	if err != nil {
		return "", err
	}
	if signal, ok := pairs.Get("signal"); ok {
		return killedBy + signal, nil
	}
	if status, _ := pairs.Get("exit"); status != "0" {
		return exitStatus + status, nil
	}
	return replyOK, nil
}

const (
	maxPhoto = 60_000   // the limit in bytes, because most clients read a whole picture with one read
	maxShot  = 64 << 20 // the limit in bytes for a picture from the session
)

func (v *clientSession) takeScreenshot(ctx context.Context, _ []string) (string, error) {
	v.photo = nil
	var b bytes.Buffer
	_, err := v.link.Do(ctx, link.Request{
		Verb: codec.MakeVerb("SHOT"), Words: []codec.Word{codec.Bare("--format"), codec.Bare("jpeg")},
		Recv: link.Answer{Data: func(some []byte) error {
			if b.Write(some); b.Len() > maxShot {
				return codec.Errorf(codec.TooBig, "a picture of more than %d bytes", maxShot)
			}
			return nil
		}}.Recv,
	})
	if err == nil {
		v.photo, err = shrinkJPEG(b.Bytes(), maxPhoto)
	}
	return replyOK, err
}

func (v *clientSession) sendPhoto(ctx context.Context, _ []string) (string, error) {
	if v.photo == nil {
		v.warn("no picture was taken yet", "SEND_PHOTO")
		return v.wrong, nil
	}
	v.log.Info("sends the last picture") // TAKE_SCREENSHOT was logged by the session
	if err := v.sendSize(ctx, int64(len(v.photo))); err != nil {
		return "", err
	}
	return "", v.sendRaw(ctx, v.photo, errAnswered)
}

// sendSize sends the number of raw bytes that follow, and pauses, so that a client that
// reads the size with a single read does not get raw bytes too.
func (v *clientSession) sendSize(ctx context.Context, size int64) error {
	if v.sendReply(strconv.FormatInt(size, 10)) != nil {
		return errClientGone
	}
	select {
	case <-time.After(photoDelay):
		return nil
	case <-ctx.Done():
		return errClientGone
	}
}

// sendRaw sends bytes without a length. It returns errClientGone if sending fails, and
// otherwise the value of the parameter then.
func (v *clientSession) sendRaw(ctx context.Context, b []byte, then error) error {
	if v.wire.send(ctx, b) != nil {
		return errClientGone
	}
	return then
}

// A sending is a file that is being sent. Its last bytes are held back until the file is
// known to be correct, because hanging up is the only way to report an error.
type sending struct {
	session *clientSession
	ctx     context.Context
	begun   bool
	held    []byte
}

func (v *clientSession) sendFile(ctx context.Context, params []string) (string, error) {
	s := &sending{session: v, ctx: ctx}
	_, err := v.call(ctx, "GET", params, s.take)
	switch {
	case !s.begun && err == nil:
		return "", errors.New("no file was sent")
	case !s.begun:
		return "", err
	case err != nil:
		return "", errClientGone
	}
	return "", errAnswered
}

// take handles a frame of the answer to GET.
func (s *sending) take(f codec.Frame) error {
	switch f.Verb {
	case codec.FILE:
		e, err := f.Entry()
		if err != nil || e.Size < 0 || s.begun {
			return errors.Join(err, fmt.Errorf("no file of a known size"))
		}
		s.begun = true
		return s.session.sendSize(s.ctx, e.Size)
	case codec.DATA:
		err := s.session.sendRaw(s.ctx, s.held, nil)
		s.held = append(s.held[:0], f.Body...)
		return err
	case codec.SUM:
		if bytes.HasPrefix(f.Body, []byte("error=")) {
			return errClientGone
		}
		return s.session.sendRaw(s.ctx, s.held, nil)
	}
	return nil
}
