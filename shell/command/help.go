package command

import (
	"fmt"
	"slices"
	"strings"

	"techsh/shell/console"
)

// Help returns the output of "help COMMAND".
func (r Row) Help(p console.Palette) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n  %s\n", p.Bold(strings.Join(r.Names, "|")), r.Synopsis, r.Line)
	for _, o := range r.shownOptions() {
		fmt.Fprintf(&b, "  %-12s %s\n", o, o.Line)
	}
	for i, e := range r.Examples {
		label := "for example"
		if i > 0 {
			label = "           "
		}
		fmt.Fprintf(&b, "  %s  %s\n", p.Dim(label), e)
	}
	return b.String()
}

// Markdown returns a table of the commands in Markdown.
func (t Table) Markdown() string {
	var b strings.Builder
	b.WriteString("| command | what it does |\n|---|---|\n")
	for _, r := range t.Rows {
		synopsis := strings.ReplaceAll(r.Usage(), "|", "\\|")
		fmt.Fprintf(&b, "| `%s` | %s |\n", synopsis, r.Line)
	}
	return b.String()
}

// Verbs returns the verbs that the commands use.
func (t Table) Verbs() []string {
	var verbs []string
	for _, r := range t.Rows {
		if r.Verb != "" {
			verbs = append(verbs, r.Verb)
		}
	}
	return verbs
}

// optionNames returns the options that completion offers.
func (r Row) optionNames() []string {
	var names []string
	for _, o := range r.shownOptions() {
		if o.Short != 0 {
			names = append(names, "-"+string(rune(o.Short)))
		}
		if o.Long != "" {
			names = append(names, "--"+o.Long)
		}
	}
	slices.Sort(names)
	return names
}
