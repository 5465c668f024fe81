package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/manual"
)

const (
	pageIndent = "    "
	pageShell  = pageIndent + "$ "
	pagePrompt = pageIndent + "office-pc> "
)

// TestThePagesOfTheManualAreTrue types each line of help TOPIC that is marked as a
// command line. None may fail. Where the page shows the output of a line, the test
// compares it; if UPDATE=1 is set, it writes the output into the page.
func TestThePagesOfTheManualAreTrue(t *testing.T) {
	t.Parallel()
	for _, topic := range manual.Topics() {
		t.Run(topic.Name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("../../codec/manual", topic.Name+".txt")
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			r := newReader(t, topic.Name)
			got := r.read(string(want))
			r.ends()
			if os.Getenv("UPDATE") != "" {
				require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
			}
			require.Equal(t, string(want), got)
		})
	}
}

// read types the lines of a page, and returns the page with their actual output.
func (r *reader) read(page string) string {
	lines := strings.SplitAfter(page, "\n")
	var got strings.Builder
	for len(lines) > 0 {
		line := lines[0]
		lines = lines[1:]
		got.WriteString(line)
		if !isTyped(line) {
			continue
		}
		shown := 0
		for strings.HasPrefix(lines[shown], pageIndent) && !isTyped(lines[shown]) {
			shown++
		}
		printed := r.types(strings.TrimSuffix(line, "\n"), lines[:shown])
		if shown > 0 {
			for out := range strings.Lines(printed) {
				got.WriteString(strings.TrimRight(pageIndent+strings.TrimSuffix(out, "\n"), " ") + "\n")
			}
		}
		lines = lines[shown:]
	}
	return got.String()
}

func isTyped(line string) bool {
	return strings.HasPrefix(line, pageShell) || strings.HasPrefix(line, pagePrompt)
}

// types types a line, for which the page shows the output shown, and returns its
// actual output.
func (r *reader) types(line string, shown []string) string {
	line = regexp.MustCompile(` {2,}#.*`).ReplaceAllString(line, "")
	if command, ok := strings.CutPrefix(line, pagePrompt); ok {
		return r.atPrompt(command)
	}
	line = strings.TrimPrefix(line, pageShell)
	r.leave()
	words := strings.Fields(line)
	switch {
	case line == "nc 127.0.0.1 8820":
		return r.talks(shown)
	case words[0] == "techshd" && isServer(words):
		return r.starts(words)
	case words[0] == "techsh" && isSession(words):
		return r.sits(words)
	}
	printed := r.mask(r.shell(line))
	if printed != "" && !strings.HasSuffix(printed, "\n") {
		printed += "\n"
	}
	if crossed := r.crossed(); strings.Contains(strings.Join(shown, ""), pageIndent+"C>S") {
		printed += crossed
	}
	return printed
}

// isServer reports whether the words start techshd as a server.
func isServer(words []string) bool {
	return len(words) == 1 || strings.HasPrefix(words[1], "--")
}

// isSession reports whether the words start techsh at its prompt.
func isSession(words []string) bool {
	return len(words) <= 2 && !strings.HasPrefix(words[len(words)-1], "-") && words[len(words)-1] != "hosts" ||
		len(words) > 2 && words[1] == "--via" && strings.HasSuffix(words[len(words)-1], "'")
}
