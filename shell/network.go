package shell

import (
	"context"
	"fmt"
	"strings"
	"time"

	"techsh/codec"
)

func networkRows() []row {
	return []row{
		{names: []string{"net"}, line: "the network addresses there, and where programs listen", verb: "NET", run: network, examples: []string{"net"}},
		{names: []string{"who"}, line: "who is logged in there", verb: "WHO", run: who, examples: []string{"who"}},
	}
}

// tabled is lines for a list that is kept until it is laid out.
func (env *Env) tabled(ctx context.Context, verb string, each func(line string) error) error {
	size := 0
	return env.Conn.Lines(ctx, verb, nil, env.Console.PrintNote, func(line string) error {
		if size += len(line); size > MaxTable {
			return codec.Errorf(codec.TooBig, "more of them than fit into %d bytes", MaxTable)
		}
		return each(line)
	})
}

func network(ctx context.Context, env *Env, _ invocation) error {
	var addresses, listeners [][]string
	err := env.tabled(ctx, "NET", func(line string) error {
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
	fmt.Fprint(env.Console, LayOut(addresses))
	if len(addresses) > 0 && len(listeners) > 0 {
		fmt.Fprintln(env.Console)
	}
	fmt.Fprint(env.Console, LayOut(listeners))
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

func who(ctx context.Context, env *Env, _ invocation) error {
	var rows [][]string
	err := env.tabled(ctx, "WHO", func(line string) error {
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
			idle = "idle for " + LongText(time.Duration(min(n, 1<<32))*time.Second)
		}
		rows = append(rows, []string{env.Console.Paint.Bold(codec.Show(u.Name)), codec.Show(u.Terminal), codec.Show(u.Host), since, env.Console.Paint.Dim(idle)})
		return nil
	})
	if err == nil && env.Console.Out.Terminal && len(rows) == 0 {
		env.Console.Tell("nobody is logged in")
	}
	fmt.Fprint(env.Console, LayOut(rows))
	return err
}
