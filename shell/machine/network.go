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
		{
			Names:    []string{"net"},
			Line:     "prints the remote network addresses, and where programs listen",
			Verb:     "NET",
			Run:      network,
			Examples: []string{"net"},
		},
		{
			Names:    []string{"who"},
			Line:     "prints the users that are logged in on the remote",
			Verb:     "WHO",
			Run:      who,
			Examples: []string{"who"},
		},
	}
}

// eachLine makes a call and passes every line of the answer to the function each. If
// standard output is not a terminal, it also prints the lines; the parameter bold is the
// index of the word that is printed in bold. It limits the total size of the lines,
// because they are kept for a table.
func eachLine(
	ctx context.Context, env *command.Env, verb string, bold int, each func(line string) error,
) error {
	paint := env.Console.Paint
	size := 0
	return env.Conn.Lines(ctx, verb, nil, env.Console.PrintNote, func(line string) error {
		if size += len(line); size > console.MaxTableBytes {
			return codec.Errorf(codec.TooBig, "more lines than fit into %d bytes", console.MaxTableBytes)
		}
		if err := each(line); err != nil || env.Console.Out.Terminal {
			return err
		}
		fmt.Fprintln(env.Console, paint.Word(line, bold, paint.Bold))
		return nil
	})
}

func network(ctx context.Context, env *command.Env, _ command.Invocation) error {
	var addresses, listeners [][]string
	err := eachLine(ctx, env, "NET", 2, func(line string) error {
		e, err := codec.ParseEndpoint(line)
		if err != nil {
			return err
		}
		row := []string{codec.Show(e.On), env.Console.Paint.Bold(codec.Show(e.Address))}
		if e.Kind == codec.Listen {
			listeners = append(listeners, append(row, programText(e.More)))
		} else {
			addresses = append(addresses, append(row, env.Console.Paint.Dim(interfaceText(e.More))))
		}
		return nil
	})
	if !env.Console.Out.Terminal {
		return err
	}
	fmt.Fprint(env.Console, console.FormatTable(addresses))
	if len(addresses) > 0 && len(listeners) > 0 {
		fmt.Fprintln(env.Console)
	}
	fmt.Fprint(env.Console, console.FormatTable(listeners))
	return err
}

// interfaceText returns the hardware address of a network interface, and whether it
// is down: "02:00:5e:10:00:00 down".
func interfaceText(pairs codec.Pairs) string {
	mac, _ := pairs.Get("mac")
	if up, _ := pairs.Get("up"); up == "no" {
		mac = strings.TrimSpace(mac + " down")
	}
	return codec.Show(mac)
}

// programText returns the listening program, such as "sshd (4711)", or "" if it is
// unknown.
func programText(pairs codec.Pairs) string {
	pid, known := pairs.Get("pid")
	if !known {
		return ""
	}
	program, _ := pairs.Get("program")
	return strings.TrimSpace(fmt.Sprintf("%s (%s)", codec.Show(program), codec.Show(pid)))
}

func who(ctx context.Context, env *command.Env, _ command.Invocation) error {
	var rows [][]string
	err := eachLine(ctx, env, "WHO", 0, func(line string) error {
		u, err := codec.ParseUser(line)
		if err != nil {
			return err
		}
		rows = append(rows, userRow(env.Console.Paint, u))
		return nil
	})
	if !env.Console.Out.Terminal {
		return err
	}
	if err == nil && len(rows) == 0 {
		env.Console.Tell("nobody is logged in")
	}
	fmt.Fprint(env.Console, console.FormatTable(rows))
	return err
}

func userRow(paint console.Palette, u codec.User) []string {
	since, idle := "", ""
	if !u.Since.IsZero() {
		since = "since " + u.Since.Local().Format("2006-01-02 15:04")
	}
	if n, ok := u.More.Int("idle"); ok && n >= 60 {
		idle = "idle for " + console.FormatSpan(time.Duration(min(n, 1<<32))*time.Second)
	}
	return []string{paint.Bold(codec.Show(u.Name)), codec.Show(u.Terminal), codec.Show(u.Host), since, paint.Dim(idle)}
}
