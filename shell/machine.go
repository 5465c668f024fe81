package shell

import (
	"context"
	"fmt"
	"strings"
	"time"

	"techsh/codec"
)

func machineRows() []row {
	return []row{
		{names: []string{"time"}, line: "the clock there", verb: "TIME", run: clock, examples: []string{"time"}},
		{names: []string{"name"}, line: "the name of the computer", verb: "NAME", run: plainText("NAME"), examples: []string{"name"}},
		{
			names: []string{"rand"}, synopsis: "[MAX]", line: "a number from 1 to MAX, which is 10", most: 1, verb: "RAND", run: plainText("RAND"),
			examples: []string{"rand", "rand 6"},
		},
		{
			names: []string{"echo"}, synopsis: "[WORD…]", line: "has the remote say the words again", most: -1, leading: true, verb: "ECHO", run: plainText("ECHO"),
			examples: []string{"echo hello"},
		},
		{names: []string{"info"}, line: "system, version, host, user, uptime", verb: "INFO", run: info, examples: []string{"info"}},
		{
			names: []string{"say"}, synopsis: "TEXT", line: "says the rest of the line to the person there, on techshd's console", leading: true, verbatim: true, least: 1, most: -1,
			verb: "SAY", run: say, examples: []string{"say I am going to restart the printer now"},
		},
	}
}

// plainText prints the line that the remote answers.
func plainText(verb string) func(context.Context, *Shell, invocation) error {
	return func(ctx context.Context, s *Shell, in invocation) error {
		text, err := s.text(ctx, verb, guarded(in.Words)...)
		if err == nil {
			fmt.Fprintln(s.out, s.shown(strings.TrimSuffix(text, "\n")))
		}
		return err
	}
}

func clock(ctx context.Context, s *Shell, _ invocation) error {
	text, err := s.text(ctx, "TIME")
	if err != nil {
		return err
	}
	text = strings.TrimSpace(text)
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return codec.Errorf(codec.BadFrame, "%s is no time", codec.Name(text))
	}
	fmt.Fprintln(s.out, t.Format("2006-01-02 15:04:05 -0700")) // their clock in their zone
	return nil
}

func info(ctx context.Context, s *Shell, _ invocation) error {
	text, err := s.text(ctx, "INFO")
	if err != nil {
		return err
	}
	h, err := codec.ParseHost(strings.TrimSuffix(text, "\n"))
	if err != nil {
		return err
	}
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(s.out, "%s %s\n", s.paint.dim(fmt.Sprintf("%-8s", name)), s.shown(value))
		}
	}
	field("system", strings.TrimSpace(h.System+" "+h.Machine))
	field("version", h.Version)
	field("host", h.Name)
	field("user", h.User)
	if h.Uptime > 0 {
		field("uptime", uptimeText(h.Uptime))
	}
	for _, p := range h.More {
		field(p.Key, p.Value)
	}
	return nil
}

func say(ctx context.Context, s *Shell, in invocation) error {
	_, err := s.call(ctx, "SAY", in.Words, nil)
	if err == nil {
		s.tell("the person there can read it on techshd's console")
	}
	return err
}

// uptimeText is a long time for people.
func uptimeText(d time.Duration) string {
	days := int(d / (24 * time.Hour))
	d -= time.Duration(days) * 24 * time.Hour
	if days > 0 {
		return fmt.Sprintf("%s %d:%02d", count(int64(days), "day"), int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
}
