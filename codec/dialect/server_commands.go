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

// A command is one of a dialect, as a server answers it.
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

// answer does what a request asks for.
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
	all := v.commands()
	i := slices.IndexFunc(all, func(c command) bool {
		return slices.ContainsFunc(c.names, func(n string) bool { return strings.EqualFold(n, words[0]) })
	})
	switch {
	case i >= 0 && len(words)-1 == all[i].params:
		return all[i].run(v, ctx, words[1:])
	case i >= 0:
		v.warn("wrong number of parameters", text)
	case v.fixed > 0:
		return "", errGarbage // so many bytes of anything
	case text == "":
		v.warn("empty request", text)
	default:
		v.warn("unknown command", text)
	}
	return v.wrong, nil
}

// call makes a call of the session, whose words are what they are and no
// patterns or options.
func (v *clientSession) call(ctx context.Context, verb string, params []string, recv func(codec.Frame) error) (codec.Pairs, error) {
	return v.link.Do(ctx, link.Request{Verb: codec.MakeVerb(verb), Words: codec.Lits(params...), Recv: recv})
}

// text is call for answers in DATA of one line.
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

// textCommand is a command whose reply is the line that a verb answers.
func textCommand(verb string) func(*clientSession, context.Context, []string) (string, error) {
	return func(v *clientSession, ctx context.Context, _ []string) (string, error) { return v.text(ctx, verb) }
}

// changeCommand is a command that has nothing to reply but that it was done.
func changeCommand(verb string) func(*clientSession, context.Context, []string) (string, error) {
	return func(v *clientSession, ctx context.Context, params []string) (string, error) {
		_, err := v.call(ctx, verb, params, nil)
		return replyOK, err
	}
}

const replyOK = "OK"

// The clock as each dialect writes it: with ctime(3), or only the time of day.
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

// maxNames is how many bytes of names of a folder are looked at: a reply has
// room for far fewer, but they are in order.
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

// What there is to say of a program that has not ended well.
const (
	exitStatus = "exit status "
	killedBy   = "killed by signal "
)

// execute runs a program to its end. What it prints has no place to go.
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
	maxPhoto = 60_000   // bytes: most clients get no more with the one read that they do
	maxShot  = 64 << 20 // bytes of a picture that comes
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
	v.log.Info("sends the last picture") // the session has heard of TAKE_SCREENSHOT
	if err := v.sendSize(ctx, int64(len(v.photo))); err != nil {
		return "", err
	}
	return "", v.sendRaw(ctx, v.photo, errAnswered)
}

// sendSize sends how many raw bytes will follow. Some clients take the size
// with a read that must not get what follows.
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

// sendRaw sends bytes without a frame, and returns then what is given.
func (v *clientSession) sendRaw(ctx context.Context, b []byte, then error) error {
	if v.wire.send(ctx, b) != nil {
		return errClientGone
	}
	return then
}

// A sending is a file on its way. The end of it is held back until it is known
// to be right, since the only way to say that it is not is to hang up.
type sending struct {
	*clientSession
	ctx   context.Context
	begun bool
	held  []byte
}

func (v *clientSession) sendFile(ctx context.Context, params []string) (string, error) {
	s := &sending{clientSession: v, ctx: ctx}
	_, err := v.call(ctx, "GET", params, s.take)
	switch {
	case !s.begun && err == nil:
		return "", errors.New("no file came")
	case !s.begun:
		return "", err
	case err != nil:
		return "", errClientGone
	}
	return "", errAnswered
}

// take takes a frame of the answer to GET.
func (s *sending) take(f codec.Frame) error {
	switch f.Verb {
	case codec.FILE:
		e, err := f.Entry()
		if err != nil || e.Size < 0 || s.begun {
			return errors.Join(err, fmt.Errorf("no file of a known size"))
		}
		s.begun = true
		return s.sendSize(s.ctx, e.Size)
	case codec.DATA:
		err := s.sendRaw(s.ctx, s.held, nil)
		s.held = append(s.held[:0], f.Body...)
		return err
	case codec.SUM:
		if bytes.HasPrefix(f.Body, []byte("error=")) {
			return errClientGone
		}
		return s.sendRaw(s.ctx, s.held, nil)
	}
	return nil
}
