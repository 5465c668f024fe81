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
func (s *Env) tabled(ctx context.Context, verb string, each func(line string) error) error {
	size := 0
	return s.Conn.Lines(ctx, verb, nil, s.Console.PrintNote, func(line string) error {
		if size += len(line); size > MaxTable {
			return codec.Errorf(codec.TooBig, "more of them than fit into %d bytes", MaxTable)
		}
		return each(line)
	})
}

func network(ctx context.Context, s *Env, _ invocation) error {
	var addresses, listeners [][]string
	err := s.tabled(ctx, "NET", func(line string) error {
		e, err := codec.ParseEndpoint(line)
		if err != nil {
			return err
		}
		if !s.Console.Out.Terminal {
			fmt.Fprintln(s.Console, line)
			return nil
		}
		row := []string{codec.Show(e.On), s.Console.Paint.Bold(codec.Show(e.Address))}
		if e.Kind == codec.Listen {
			listeners = append(listeners, append(row, programOf(e.More)))
			return nil
		}
		mac, _ := e.More.Get("mac")
		if up, _ := e.More.Get("up"); up == "no" {
			mac = strings.TrimSpace(mac + " down")
		}
		addresses = append(addresses, append(row, s.Console.Paint.Dim(codec.Show(mac))))
		return nil
	})
	fmt.Fprint(s.Console, LayOut(addresses))
	if len(addresses) > 0 && len(listeners) > 0 {
		fmt.Fprintln(s.Console)
	}
	fmt.Fprint(s.Console, LayOut(listeners))
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

func who(ctx context.Context, s *Env, _ invocation) error {
	var rows [][]string
	err := s.tabled(ctx, "WHO", func(line string) error {
		u, err := codec.ParseUser(line)
		if err != nil {
			return err
		}
		if !s.Console.Out.Terminal {
			fmt.Fprintln(s.Console, line)
			return nil
		}
		since, idle := "", ""
		if !u.Since.IsZero() {
			since = "since " + u.Since.Local().Format("2006-01-02 15:04")
		}
		if n, ok := u.More.Int("idle"); ok && n >= 60 {
			idle = "idle for " + LongText(time.Duration(min(n, 1<<32))*time.Second)
		}
		rows = append(rows, []string{s.Console.Paint.Bold(codec.Show(u.Name)), codec.Show(u.Terminal), codec.Show(u.Host), since, s.Console.Paint.Dim(idle)})
		return nil
	})
	if err == nil && s.Console.Out.Terminal && len(rows) == 0 {
		s.Console.Tell("nobody is logged in")
	}
	fmt.Fprint(s.Console, LayOut(rows))
	return err
}
