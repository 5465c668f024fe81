package files

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func searchRows() []command.Row {
	return []command.Row{
		{
			Names:      []string{"find"},
			Synopsis:   "PATH… [--name PATTERN] [--size N] [--newer TIME] [--type KIND]",
			Line:       "finds remote files by name, size, time and kind",
			MinWords:   1,
			MaxWords:   -1,
			Kinds:      []command.Kind{command.RemotePath},
			Verb:       "FIND",
			Run:        find,
			SingleDash: true,
			Options: []codec.Option{
				{Long: "name", Arg: "PATTERN", Line: "files whose name matches: *.log"},
				{Long: "size", Arg: "N", Line: "files of that size; +10M larger, -4k smaller"},
				{Long: "newer", Arg: "TIME", Line: "files changed since " + timeForms},
				{Long: "type", Arg: "KIND", Line: "f files, d folders, l links"},
			},
			Examples: []string{"find . -name *.log -newer 7d", `find C:\Users -size +1G`},
		},
	}
}

// timeForms are examples of what parseSince accepts.
const timeForms = "2026-11-22, 2026-11-22T12:00, or 90m, 12h, 7d ago"

func find(ctx context.Context, env *command.Env, in command.Invocation) error {
	asTyped := func(text string) (string, error) { return text, nil }
	since := func(text string) (string, error) { return parseSince(text, time.Now()) }
	var words []codec.Word
	for _, condition := range []struct {
		option string
		parse  func(string) (string, error)
	}{
		{"name", asTyped},
		{"size", parseSizeCondition},
		{"newer", since},
		{"type", asTyped},
	} {
		typed, ok := in.Value(condition.option)
		if !ok {
			continue
		}
		value, err := condition.parse(typed)
		if err != nil {
			return fmt.Errorf("--%s %s: %w", condition.option, codec.Name(typed), err)
		}
		words = append(words, codec.Bare("--"+condition.option), codec.Lit(value))
	}
	l := &listing{env: env}
	words = append(words, client.Operands(in.Words)...)
	return env.Conn.Find(ctx, words, env.Console.PrintNote, func(e codec.Entry) error {
		l.print(e)
		return nil
	})
}

// parseSizeCondition parses "+10M", "-4k" or "100", and returns the condition in
// bytes.
func parseSizeCondition(text string) (string, error) {
	sign := ""
	if text != "" && (text[0] == '+' || text[0] == '-') {
		sign, text = text[:1], text[1:]
	}
	n, err := console.ParseSize(text)
	return fmt.Sprintf("%s%d", sign, n), err
}

// parseSince parses a local time, or an age such as "7d", and returns the time in the
// format of the protocol.
func parseSince(text string, now time.Time) (string, error) {
	if age, ok := parseAge(text); ok {
		return now.Add(-age).UTC().Format(codec.TimeLayout), nil
	}
	layouts := []string{
		time.RFC3339Nano,
		"2006-01-02T15:04:05",
		"2006-01-02T15:04",
		time.DateTime,
		"2006-01-02 15:04",
		time.DateOnly,
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t.UTC().Format(codec.TimeLayout), nil
		}
	}
	return "", console.WithHint(errors.New("not a time"), timeForms)
}

// parseAge parses a number and a unit: "90m", "1.5h", "7d".
func parseAge(text string) (time.Duration, bool) {
	last := len(text) - 1
	if last <= 0 || strings.Trim(text[:last], "0123456789.") != "" {
		return 0, false
	}
	const day = 24 * time.Hour
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': day, 'w': 7 * day}
	unit, known := units[text[last]]
	n, err := strconv.ParseFloat(text[:last], 64)
	return time.Duration(n * float64(unit)), known && err == nil
}
