package machine

import (
	"context"
	"fmt"
	"strings"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
)

// info prints facts about the remote computer and its disks.
func info(ctx context.Context, env *command.Env, _ command.Invocation) error {
	text, err := env.Conn.Text(ctx, "INFO")
	if err != nil {
		return err
	}
	h, err := codec.ParseHost(strings.TrimSuffix(text, "\n"))
	if err != nil {
		return err
	}
	printFact(env, "system", strings.TrimSpace(h.System+" "+h.Machine))
	printFact(env, "version", h.Version)
	printFact(env, "host", h.Name)
	printFact(env, "user", h.User)
	if h.Uptime > 0 {
		printFact(env, "uptime", console.FormatUptime(h.Uptime))
	}
	for _, p := range readableFacts(h.More) {
		printFact(env, p.Key, p.Value)
	}
	if !env.Conn.Offers("DF") {
		return nil
	}
	return env.Conn.Lines(ctx, "DF", nil, env.Console.PrintNote, func(line string) error {
		v, err := codec.ParseVolume(line)
		if err == nil && !strings.HasSuffix(v.Type, "tmpfs") { // tmpfs is memory
			size, free := console.FormatSize(v.Size), console.FormatSize(v.Free)
			printFact(env, "disk", fmt.Sprintf("%s, %s free, %s", size, free, codec.Name(v.Mount)))
		}
		return err
	})
}

// printFact prints a line unless the value is unknown.
func printFact(env *command.Env, name, value string) {
	if value != "" {
		name = env.Console.Paint.Dim(fmt.Sprintf("%-8s", codec.Show(name)))
		fmt.Fprintf(env.Console, "%s %s\n", name, env.Console.Printable(value))
	}
}

// readableFacts returns the pairs of a Host in a form for users. It joins the pairs KEY
// and KEY-free, such as memory and memory-free, into one.
func readableFacts(more codec.Pairs) (facts codec.Pairs) {
	for _, p := range more {
		amount, isAmount := codec.ParseNumber(p.Value)
		free, hasFree := more.Int(p.Key + "-free")
		switch {
		case strings.HasSuffix(p.Key, "-free"):
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
