package machine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func machineRows() []command.Row {
	return []command.Row{
		{Names: []string{"time"}, Line: "the clock there, and how far it is from the one here", Verb: "TIME", Run: clock, Examples: []string{"time"}},
		{Names: []string{"name"}, Line: "the name of the computer", Verb: "NAME", Run: plainText("NAME"), Examples: []string{"name"}},
		{
			Names: []string{"rand"}, Synopsis: "[MAX]", Line: "a number from 1 to MAX, which is 10", MaxWords: 1, Verb: "RAND", Run: plainText("RAND"),
			Examples: []string{"rand", "rand 6"},
		},
		{
			Names: []string{"echo"}, Synopsis: "[WORD…]", Line: "has the remote say the words again", MaxWords: -1, OptionsFirst: true, Verb: "ECHO", Run: plainText("ECHO"),
			Examples: []string{"echo hello"},
		},
		{Names: []string{"info"}, Line: "system, version, host, user, uptime, processor, load, memory, disks", Verb: "INFO", Run: info, Examples: []string{"info"}},
		{
			Names: []string{"say"}, Synopsis: "TEXT", Line: "says the rest of the line to the person there, on techshd's console", OptionsFirst: true, Verbatim: true, MinWords: 1, MaxWords: -1,
			Verb: "SAY", Run: say, Examples: []string{"say I am going to restart the printer now"},
		},
	}
}

// plainText prints the line that the remote answers.
func plainText(verb string) func(context.Context, *command.Env, command.Invocation) error {
	return func(ctx context.Context, env *command.Env, in command.Invocation) error {
		text, err := env.Conn.Text(ctx, verb, client.Operands(in.Words)...)
		if err == nil {
			fmt.Fprintln(env.Console, env.Console.Printable(strings.TrimSuffix(text, "\n")))
		}
		return err
	}
}

func clock(ctx context.Context, env *command.Env, _ command.Invocation) error {
	best, err := env.Conn.ReadClock(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Console, "%s, %s\n", best.Remote.Format("2006-01-02 15:04:05 -0700"), best) // their clock in their zone
	return nil
}

// info says what is known of the computer, and of the disks in it.
func info(ctx context.Context, env *command.Env, _ command.Invocation) error {
	text, err := env.Conn.Text(ctx, "INFO")
	if err != nil {
		return err
	}
	h, err := codec.ParseHost(strings.TrimSuffix(text, "\n"))
	if err != nil {
		return err
	}
	fact(env, "system", strings.TrimSpace(h.System+" "+h.Machine))
	fact(env, "version", h.Version)
	fact(env, "host", h.Name)
	fact(env, "user", h.User)
	if h.Uptime > 0 {
		fact(env, "uptime", console.FormatUptime(h.Uptime))
	}
	for _, p := range inWords(h.More) {
		fact(env, p.Key, p.Value)
	}
	if !env.Conn.Offers("DF") {
		return nil
	}
	return env.Conn.Lines(ctx, "DF", nil, env.Console.PrintNote, func(line string) error {
		v, err := codec.ParseVolume(line)
		if err == nil && !strings.HasSuffix(v.Type, "tmpfs") { // which is memory
			fact(env, "disk", fmt.Sprintf("%s, %s free, %s", console.FormatSize(v.Size), console.FormatSize(v.Free), codec.Name(v.Mount)))
		}
		return err
	})
}

// fact prints what is known of something.
func fact(env *command.Env, name, value string) {
	if value != "" {
		fmt.Fprintf(env.Console, "%s %s\n", env.Console.Paint.Dim(fmt.Sprintf("%-8s", codec.Show(name))), env.Console.Printable(value))
	}
}

// inWords is what the pairs of a Host say, for people.
func inWords(more codec.Pairs) (facts codec.Pairs) {
	for _, p := range more {
		amount, isAmount := codec.ParseNumber(p.Value)
		free, hasFree := more.Int(p.Key + "-free")
		switch {
		case strings.HasSuffix(p.Key, "-free"): // said with what it is of
			continue
		case p.Key == "load":
			p.Value = strings.ReplaceAll(p.Value, ",", " ")
		case isAmount && hasFree:
			p.Value = console.FormatSize(amount) + ", " + console.FormatSize(free) + " free"
		}
		facts = append(facts, p)
	}
	return facts
}

func say(ctx context.Context, env *command.Env, in command.Invocation) error {
	_, err := env.Conn.Call(ctx, "SAY", in.Words, link.Answer{})
	if err == nil {
		env.Console.Tell("the person there can read it on techshd's console")
	}
	return err
}

// Rows returns the commands about the machine.
func Rows() []command.Row {
	return slices.Concat(networkRows(), machineRows())
}
