package files

import (
	"context"
	"fmt"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func stat(ctx context.Context, env *command.Env, in command.Invocation) error {
	first := true
	printNext := func(e codec.Entry) error {
		if !first {
			fmt.Fprintln(env.Console)
		}
		first = false
		printFields(env, e)
		return nil
	}
	_, err := env.Conn.Call(ctx, "STAT", client.Operands(in.Words), link.Answer{
		Note:  env.Console.PrintNote,
		Entry: printNext,
	})
	return err
}

// printFields prints all properties of an entry, one per line.
func printFields(env *command.Env, e codec.Entry) {
	field := func(name, format string, args ...any) {
		name = env.Console.Paint.Dim(fmt.Sprintf("%-7s", name))
		fmt.Fprintf(env.Console, "%s %s\n", name, fmt.Sprintf(format, args...))
	}
	field("name", "%s", env.Console.Paint.Entry(e, codec.Name(e.Name)))
	field("kind", "%s", e.Kind)
	if e.Target != "" {
		field("target", "%s", codec.Name(e.Target))
	}
	if e.Size >= 0 {
		field("size", "%d (%s)", e.Size, console.FormatSize(e.Size))
	}
	if e.Mode >= 0 {
		field("mode", "%04o (%s)", e.Mode, modeText(e))
	}
	if !e.Time.IsZero() {
		field("time", "%s", e.Time.Local().Format("2006-01-02 15:04:05.999999999 -0700"))
	}
	for _, p := range e.More {
		field(codec.Show(p.Key), "%s", codec.Show(p.Value))
	}
}

// modeText returns the kind and mode as ls prints them: "-rw-r--r--". If the mode is
// unknown, as on Windows, it returns "-" in the same width.
func modeText(e codec.Entry) string {
	if e.Mode < 0 {
		return fmt.Sprintf("%-10s", "-")
	}
	b := []byte("-rwxrwxrwx")
	if e.Kind != codec.Regular {
		b[0] = byte(e.Kind)
	}
	for i := range 9 {
		if e.Mode>>(8-i)&1 == 0 {
			b[1+i] = '-'
		}
	}
	return string(b)
}
