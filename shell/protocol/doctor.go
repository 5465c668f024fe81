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

const (
	doctorStepTimeout = 10 * time.Second // limit for each answer
	minFreeBytes      = 1 << 20          // with less free space, the disk counts as full
)

// A diagnosis runs the steps of the command "doctor" one after another, until one fails.
type diagnosis struct {
	env    *command.Env
	target string
	log    *client.DialLog
	conn   *client.Client // the connection under test
}

func runDoctor(ctx context.Context, env *command.Env, in command.Invocation) error {
	d := &diagnosis{env: env, target: env.DialTarget(in)}
	d.log = client.NewDialLog(d.printPassed)
	d.log.Begin("connect") // Dial may replace this step by more detailed ones
	err := d.connect(client.WithDialLog(ctx, d.log))
	if err != nil {
		err = &connectError{err}
	} else {
		defer d.conn.Close()
		err = d.examine(ctx)
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return d.printFailed(err)
}

// connect opens a connection in the same way as every command.
func (d *diagnosis) connect(ctx context.Context) error {
	rwc, opening, err := d.env.Dial(ctx, d.target, d.env.Console.AskSecret)
	if err != nil {
		return err
	}
	step := "version"
	if d.env.Dialect != "" {
		step = "dialect"
	}
	passed := d.log.Begin(step)
	d.conn, err = client.Greet(ctx, d.target, rwc, opening)
	if console.IsCode(err, codec.Unpaired, codec.NotAllowed) {
		d.log.Begin("rights") // the version is accepted, but the rights are missing
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

// examine checks what the remote offers. In a dialect it skips each check for which the
// dialect has no request.
func (d *diagnosis) examine(ctx context.Context) error {
	for _, step := range []struct {
		name, verb string
		find       func(ctx context.Context) (found string, err error)
	}{
		{"rights", "", d.rights},
		{"clock", "TIME", d.clock},
		{"display", "DISP", d.displays},
		{"disk", "DF", d.disk},
	} {
		offered := d.conn.Offers(step.verb)
		if d.env.Dialect != "" && !offered {
			continue
		}
		passed := d.log.Begin(step.name)
		if step.verb != "" && !offered {
			passed("not offered by the remote")
			continue
		}
		timeout := codec.Errorf(codec.Timeout, "no answer within %v", doctorStepTimeout)
		ctx, cancel := context.WithTimeoutCause(ctx, doctorStepTimeout, timeout)
		found, err := step.find(ctx)
		cancel()
		if err != nil {
			return err
		}
		passed(found)
	}
	return nil
}

// printPassed prints a step that has passed.
func (d *diagnosis) printPassed(name string, took time.Duration, found string) {
	const format = "ok    %-8s %9s  %s\n"
	fmt.Fprintf(d.env.Console, format, name, console.FormatLatency(took), codec.Show(found))
	_ = d.env.Console.Flush() // the error is returned when the command ends
}

// printFailed prints the failed step with the reason and a hint, and returns the
// error of the command.
func (d *diagnosis) printFailed(reason error) error {
	name, began := d.log.Unfinished()
	took, paint := console.FormatLatency(time.Since(began)), d.env.Console.Paint
	fmt.Fprintf(d.env.Console, "%s  %-8s %9s  %s\n", paint.Bad("FAIL"), name, took, console.ErrorLine(reason))
	hint := cmp.Or(console.HintOf(reason), hintFor(name))
	fmt.Fprintf(d.env.Console, "%27s%s\n", "", paint.Dim(codec.Show(hint)))
	err := fmt.Errorf("%s: %s failed", client.TargetName(d.target), name)
	if errors.Is(reason, client.ErrNotConnected) {
		return &connectError{err}
	}
	return err
}

// hintFor returns what the user can do about a failed step.
func hintFor(step string) string {
	switch step {
	case "address":
		return "check the name, and that this computer is on a network"
	case "TCP":
		return "check that the remote is on, that techshd listens on that port, and that no firewall blocks it"
	case "carrier":
		return "check that the command works by itself"
	case "TLS", "version":
		return "check that it is techshd that listens on that port; its console may say more"
	}
	return "the console of the remote techshd may say more"
}

func (d *diagnosis) rights(context.Context) (string, error) {
	h := d.conn.Hello
	may, known := h.More.Get("may")
	switch {
	case !known:
		return console.Count(int64(len(h.Verbs)), "verb"), nil
	case may == "none":
		err := errors.New("this computer has no rights on the remote")
		return "", console.WithHint(err, "the remote can invite you again with more rights")
	}
	peer, _ := h.More.Get("peer")
	return peer + " may " + strings.ReplaceAll(may, ",", " "), nil
}

func (d *diagnosis) clock(ctx context.Context) (string, error) {
	r, err := d.conn.ReadClock(ctx)
	return r.String(), err
}

// displays returns the sizes of the displays. A remote without displays does not make the
// step fail.
func (d *diagnosis) displays(ctx context.Context) (string, error) {
	var sizes []string
	var budget codec.Budget
	err := d.conn.Lines(ctx, "DISP", nil, noteError, func(line string) error {
		display, err := codec.ParseDisplay(line)
		sizes = append(sizes, fmt.Sprintf("%dx%d", display.Bounds.Dx(), display.Bounds.Dy()))
		const size = 64
		return errors.Join(err, budget.Take(size))
	})
	if console.IsCode(err, codec.NoDisplay, codec.Unsupported) {
		found := "none: " + err.Error()
		if hint := console.HintOf(err); hint != "" {
			found += "; " + hint
		}
		return found, nil
	}
	return strings.Join(sizes, ", "), err
}

// disk returns the free space of the volume that contains the initial folder of
// sessions.
func (d *diagnosis) disk(ctx context.Context) (string, error) {
	found := ""
	words := []codec.Word{codec.Lit(d.conn.Hello.Cwd)}
	err := d.conn.Lines(ctx, "DF", words, noteError, func(line string) error {
		v, err := codec.ParseVolume(line)
		if err != nil {
			return err
		}
		free, size := console.FormatSize(v.Free), console.FormatSize(v.Size)
		found = fmt.Sprintf("%s free of %s on %s", free, size, codec.Name(v.Mount))
		if v.Free >= 0 && v.Free < minFreeBytes {
			return console.WithHint(errors.New(found), "delete something: du shows what takes up space")
		}
		return nil
	})
	return found, err
}

// noteError returns the error that a NOTE contains, so that the step fails.
func noteError(f codec.Frame) error {
	e, err := f.Note()
	if err != nil {
		return err
	}
	return e
}

// A connectError is returned by a command that could not connect.
type connectError struct{ error }

func (e *connectError) Unwrap() error { return e.error }

// Is reports whether target is client.ErrNotConnected. This match determines the exit
// status.
func (e *connectError) Is(target error) bool { return target == client.ErrNotConnected }
