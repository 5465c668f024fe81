package machine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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
// index of the word that is printed in bold.
func eachLine(
	ctx context.Context, env *command.Env, verb string, bold int, each func(line string) error,
) error {
	paint := env.Console.Paint
	return env.Conn.Lines(ctx, verb, nil, env.Console.PrintNote, func(line string) error {
		if err := each(line); err != nil || env.Console.Out.Terminal {
			return err
		}
		fmt.Fprintln(env.Console, paint.Word(line, bold, paint.Bold))
		return nil
	})
}

// A table keeps its rows until all rows are known. If standard output is not a terminal,
// it keeps no rows.
type table struct {
	env    *command.Env
	rows   [][]string
	budget *codec.Budget
}

func (t *table) add(row ...string) error {
	if !t.env.Console.Out.Terminal {
		return nil
	}
	t.rows = append(t.rows, row)
	const size = 64
	n := size
	for _, cell := range row {
		n += size + len(cell)
	}
	return t.budget.Take(n)
}

func (t *table) write() error { return console.WriteTable(t.env.Console, slices.Values(t.rows)) }

func network(ctx context.Context, env *command.Env, _ command.Invocation) error {
	budget := &codec.Budget{}
	addresses, listeners := table{env: env, budget: budget}, table{env: env, budget: budget}
	err := eachLine(ctx, env, "NET", 2, func(line string) error {
		e, err := codec.ParseEndpoint(line)
		if err != nil {
			return err
		}
		address := env.Console.Paint.Bold(codec.Show(e.Address))
		if e.Kind == codec.Listen {
			return listeners.add(codec.Show(e.On), address, programText(e.More))
		}
		return addresses.add(codec.Show(e.On), address, env.Console.Paint.Dim(interfaceText(e.More)))
	})
	if console.IsCode(err, codec.TooBig) {
		return err
	}
	werr := addresses.write()
	if len(addresses.rows) > 0 && len(listeners.rows) > 0 {
		fmt.Fprintln(env.Console)
	}
	return cmp.Or(err, werr, listeners.write())
}

// interfaceText returns a text such as "02:00:5e:10:00:00 down". The text contains the
// hardware address of a network interface, and "down" if the interface is down.
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
	rows := table{env: env, budget: &codec.Budget{}}
	none := true
	err := eachLine(ctx, env, "WHO", 0, func(line string) error {
		u, err := codec.ParseUser(line)
		if err != nil {
			return err
		}
		none = false
		return rows.add(userRow(env.Console.Paint, u)...)
	})
	if console.IsCode(err, codec.TooBig) {
		return err
	}
	if err == nil && none && env.Console.Out.Terminal {
		env.Console.Tell("nobody is logged in")
	}
	return cmp.Or(err, rows.write())
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
