package protocol

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func doctorRows() []command.Row {
	return []command.Row{
		{
			Names: []string{"doctor"}, Synopsis: "[HOST]", Line: "looks for what keeps a computer from being helped: the way to it, then clock, display and disk there", MaxWords: 1,
			Kinds: []command.Kind{command.HostName}, Dials: true, Run: runDoctor,
			Examples: []string{"doctor", "doctor office-pc"},
		},
	}
}

const (
	stepTimeout  = 10 * time.Second // for an answer
	minFreeBytes = 1 << 20          // bytes: where less is free, nothing can be put
)

// A diagnosis takes one step after another, until one fails.
type diagnosis struct {
	env    *command.Env
	target string
	log    *client.DialLog
	conn   *client.Client // that is examined
}

func runDoctor(ctx context.Context, env *command.Env, in command.Invocation) error {
	d := &diagnosis{env: env, target: env.DialTarget(in)}
	d.log = client.NewDialLog(d.passed)
	d.log.Begin("way") // which a Reach may divide into steps
	err := d.connect(client.WithDialLog(ctx, d.log))
	if err != nil {
		err = &connectError{err}
	} else {
		defer d.conn.Close()
		err = d.examine(ctx)
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return d.fail(err)
}

// connect goes the way to the computer, which is that of every command.
func (d *diagnosis) connect(ctx context.Context) error {
	rwc, opening, err := d.env.Dial(ctx, d.target, d.env.Console.AskSecret)
	if err != nil {
		return err
	}
	greeting := "version"
	if d.env.Dialect != "" {
		greeting = "dialect"
	}
	passed := d.log.Begin(greeting)
	d.conn, err = client.Greet(ctx, d.target, rwc, opening)
	if console.IsCode(err, codec.Unpaired, codec.NotAllowed) {
		d.log.Begin("rights") // it speaks our language, and says that we may nothing
	}
	if err != nil {
		return client.ExplainGreeting(d.target, opening, err)
	}
	h := d.conn.Hello
	if d.env.Dialect != "" {
		passed(h.System)
		return nil
	}
	passed(fmt.Sprintf("%s, on %s: %s as %s", strings.Join(h.Versions, " "), h.System, h.Host, h.User))
	return nil
}

// examine asks the computer how it is.
func (d *diagnosis) examine(ctx context.Context) error {
	for _, step := range []struct {
		name, verb string
		look       func(ctx context.Context) (string, error)
	}{
		{"rights", "", d.rights},
		{"clock", "TIME", d.clock},
		{"display", "DISP", d.displays},
		{"disk", "DF", d.disk},
	} {
		offered := d.conn.Offers(step.verb)
		if d.env.Dialect != "" && !offered {
			continue // it has no words for that
		}
		passed := d.log.Begin(step.name)
		if step.verb != "" && !offered {
			passed("not offered there")
			continue
		}
		ctx, cancel := context.WithTimeoutCause(ctx, stepTimeout, codec.Errorf(codec.Timeout, "no answer within %v", stepTimeout))
		found, err := step.look(ctx)
		cancel()
		if err != nil {
			return err
		}
		passed(found)
	}
	return nil
}

// passed prints a step that is behind us.
func (d *diagnosis) passed(name string, took time.Duration, found string) {
	fmt.Fprintf(d.env.Console, "ok    %-8s %9s  %s\n", name, console.FormatLatency(took), codec.Show(found))
	_ = d.env.Console.Flush() // run finds out
}

// fail prints the step that has failed, in plain words, and what to do.
func (d *diagnosis) fail(why error) error {
	name, began := d.log.Unfinished()
	fmt.Fprintf(d.env.Console, "%s  %-8s %9s  %s\n", d.env.Console.Paint.Bad("FAIL"), name, console.FormatLatency(time.Since(began)), console.ErrorLine(why))
	fmt.Fprintf(d.env.Console, "%27s%s\n", "", d.env.Console.Paint.Dim(codec.Show(cmp.Or(console.HintOf(why), advice(name)))))
	err := fmt.Errorf("%s: %s failed", client.TargetName(d.target), name)
	if errors.Is(why, client.ErrNotConnected) {
		return &connectError{err}
	}
	return err
}

// advice is what to do where the failure itself does not say it.
func advice(step string) string {
	switch step {
	case "address":
		return "is the name right, and is this computer on a network?"
	case "TCP":
		return "is that computer on, does techshd run there at that port, and does no firewall stand in between?"
	case "carrier":
		return "does the command do its work by itself?"
	case "TLS", "version":
		return "is it techshd that listens there, and does it run well? Its console may say more"
	}
	return "the console of techshd there may say more"
}

func (d *diagnosis) rights(context.Context) (string, error) {
	h := d.conn.Hello
	may, known := h.More.Get("may")
	switch {
	case !known:
		return console.Count(int64(len(h.Verbs)), "verb"), nil
	case may == "none":
		return "", console.WithHint(errors.New("this computer may do nothing there"), "its owner can invite you again with more rights")
	}
	peer, _ := h.More.Get("peer")
	return peer + " may " + strings.ReplaceAll(may, ",", " "), nil
}

func (d *diagnosis) clock(ctx context.Context) (string, error) {
	r, err := d.conn.ReadClock(ctx)
	return r.String(), err
}

// displays says which there are. That there is none is no failure.
func (d *diagnosis) displays(ctx context.Context) (string, error) {
	var list []string
	err := d.conn.Lines(ctx, "DISP", nil, noteError, func(line string) error {
		display, err := codec.ParseDisplay(line)
		list = append(list, fmt.Sprintf("%dx%d", display.Bounds.Dx(), display.Bounds.Dy()))
		return err
	})
	if console.IsCode(err, codec.NoDisplay, codec.Unsupported) {
		found := "none: " + err.Error()
		if hint := console.HintOf(err); hint != "" {
			found += "; " + hint
		}
		return found, nil
	}
	return strings.Join(list, ", "), err
}

// disk says how much room there is where a session begins.
func (d *diagnosis) disk(ctx context.Context) (string, error) {
	found := ""
	err := d.conn.Lines(ctx, "DF", []codec.Word{codec.Lit(d.conn.Hello.Cwd)}, noteError, func(line string) error {
		v, err := codec.ParseVolume(line)
		if err != nil {
			return err
		}
		found = fmt.Sprintf("%s free of %s on %s", console.FormatSize(v.Free), console.FormatSize(v.Size), codec.Name(v.Mount))
		if v.Free >= 0 && v.Free < minFreeBytes {
			return console.WithHint(errors.New(found), "delete something there: du says what takes how much")
		}
		return nil
	})
	return found, err
}

// noteError makes a NOTE the failure of a step.
func noteError(f codec.Frame) error {
	e, err := f.Note()
	if err != nil {
		return err
	}
	return e
}
