package machine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
)

func networkRows() []command.Row {
	return []command.Row{
		{Names: []string{"net"}, Line: "the network addresses there, and where programs listen", Verb: "NET", Run: network, Examples: []string{"net"}},
		{Names: []string{"who"}, Line: "who is logged in there", Verb: "WHO", Run: who, Examples: []string{"who"}},
	}
}

// tabled is lines for a list that is kept until it is laid out.
func tabled(ctx context.Context, env *command.Env, verb string, each func(line string) error) error {
	size := 0
	return env.Conn.Lines(ctx, verb, nil, env.Console.PrintNote, func(line string) error {
		if size += len(line); size > console.MaxTableBytes {
			return codec.Errorf(codec.TooBig, "more of them than fit into %d bytes", console.MaxTableBytes)
		}
		return each(line)
	})
}

func network(ctx context.Context, env *command.Env, _ command.Invocation) error {
	var addresses, listeners [][]string
	err := tabled(ctx, env, "NET", func(line string) error {
		e, err := codec.ParseEndpoint(line)
		if err != nil {
			return err
		}
		if !env.Console.Out.Terminal {
			fmt.Fprintln(env.Console, line)
			return nil
		}
		row := []string{codec.Show(e.On), env.Console.Paint.Bold(codec.Show(e.Address))}
		if e.Kind == codec.Listen {
			listeners = append(listeners, append(row, programOf(e.More)))
			return nil
		}
		mac, _ := e.More.Get("mac")
		if up, _ := e.More.Get("up"); up == "no" {
			mac = strings.TrimSpace(mac + " down")
		}
		addresses = append(addresses, append(row, env.Console.Paint.Dim(codec.Show(mac))))
		return nil
	})
	fmt.Fprint(env.Console, console.FormatTable(addresses))
	if len(addresses) > 0 && len(listeners) > 0 {
		fmt.Fprintln(env.Console)
	}
	fmt.Fprint(env.Console, console.FormatTable(listeners))
	return err
}

// programOf is who listens: "sshd (4711)".
func programOf(pairs codec.Pairs) string {
	pid, known := pairs.Get("pid")
	if !known {
		return ""
	}
	program, _ := pairs.Get("program")
	return strings.TrimSpace(fmt.Sprintf("%s (%s)", codec.Show(program), codec.Show(pid)))
}

func who(ctx context.Context, env *command.Env, _ command.Invocation) error {
	var rows [][]string
	err := tabled(ctx, env, "WHO", func(line string) error {
		u, err := codec.ParseUser(line)
		if err != nil {
			return err
		}
		if !env.Console.Out.Terminal {
			fmt.Fprintln(env.Console, line)
			return nil
		}
		since, idle := "", ""
		if !u.Since.IsZero() {
			since = "since " + u.Since.Local().Format("2006-01-02 15:04")
		}
		if n, ok := u.More.Int("idle"); ok && n >= 60 {
			idle = "idle for " + console.FormatSpan(time.Duration(min(n, 1<<32))*time.Second)
		}
		rows = append(rows, []string{env.Console.Paint.Bold(codec.Show(u.Name)), codec.Show(u.Terminal), codec.Show(u.Host), since, env.Console.Paint.Dim(idle)})
		return nil
	})
	if err == nil && env.Console.Out.Terminal && len(rows) == 0 {
		env.Console.Tell("nobody is logged in")
	}
	fmt.Fprint(env.Console, console.FormatTable(rows))
	return err
}
