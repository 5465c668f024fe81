package remote_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// Only a synopsis may be wider than a terminal, because it cannot be wrapped.
func TestHelpFitsATerminal(t *testing.T) {
	for line := range strings.Lines(remotetest.New(t, false).Client(t).OK("HELP").Data) {
		line = strings.TrimSuffix(line, "\n")
		if synopsis := regexp.MustCompile(`^[a-z]+ [\[A-Z]\S`).MatchString(line); !synopsis ||
			strings.Contains(line, "  ") {
			require.LessOrEqual(t, utf8.RuneCountInString(line), 80, line)
		}
		require.Equal(t, strings.TrimRight(line, " "), line)
	}
}

// TestEveryLineThatHelpHasTypedWorks types the lines that HELP suggests, as in nc.
func TestEveryLineThatHelpHasTypedWorks(t *testing.T) {
	h := remotetest.New(t, false)
	seen := map[string]bool{}
	c := h.Client(t)
	for _, verb := range remotetest.ListVerbs(h, t) {
		h.Write(t, "notes.txt", "some notes\n")
		h.Write(t, "some.log", "a log\n")
		require.NoError(t, os.MkdirAll(filepath.Join(h.Dir, "My Documents"), 0o777))
		manual := c.OK("HELP " + verb).Data
		r := h.Silent(t)
		require.Equal(t, codec.HELO, r.Next(t).Verb)
		for _, line := range regexp.MustCompile(`(?m)^ {4}(\S.*)$`).FindAllStringSubmatch(manual, -1) {
			if verb == "DEL" {
				h.Write(t, "hello.txt", "hello\n")
			}
			word, _, _ := strings.Cut(line[1], " ")
			seen[word] = true
			_, err := io.WriteString(r.Net, line[1]+"\n")
			require.NoError(t, err)
			if slices.Contains(
				[]string{"put", "file", "data", "sum"},
				word,
			) || strings.HasPrefix(line[1], "exec -i") {
				continue // the answer to PUT comes after its stream
			}
			last := r.Next(t)
			for last.Verb != codec.OK && last.Verb != codec.ERR {
				last = r.Next(t)
			}
			if last.Verb == codec.ERR && strings.HasPrefix(last.Body, "no-display") {
				continue
			}
			require.Equal(t, codec.OK, last.Verb, "%s: %s", line[1], last.Body)
		}
		r.Net.Close()
		if verb == "PUT" {
			require.Equal(t, "hello\nthese are two lines\n", h.Read(t, "hello.txt"))
		}
	}
	for _, word := range []string{"dir", "cd", "get", "put", "exec", "shot", "del"} {
		require.True(t, seen[word], word)
	}
}

func TestHelpListsOnlyAllowedVerbs(t *testing.T) {
	text := remotetest.New(t, false).Client(t).OK("HELP").Data
	require.Contains(t, text, "10 digits that say how many bytes follow")
	require.Contains(t, text, "help VERB explains one")
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, " ") && !regexp.MustCompile(`^[a-z]{2,4} `).MatchString(line) {
			require.LessOrEqual(t, len([]rune(line)), 84, line)
		}
	}
}

// TestHelpKeepsAFileWithPerl passes the answer to the suggested lines to the suggested
// perl command.
func TestHelpKeepsAFileWithPerl(t *testing.T) {
	if _, err := exec.LookPath("perl"); err != nil {
		remotetest.SkipWithout(t, err)
	}
	h := remotetest.New(t, true)
	content := strings.Repeat("a file of some length\r\n\x00", 20_000)
	h.Write(t, "notes.txt", content)
	manual := h.Client(t).OK("HELP get").Data
	typed := regexp.MustCompile(`printf '(.*)'`).FindStringSubmatch(manual)
	program := regexp.MustCompile(`perl -e '(.*)'`).FindStringSubmatch(manual)
	require.NotNil(t, typed)
	require.NotNil(t, program)
	conn := h.Dial(t)
	defer conn.Close()
	_, err := io.WriteString(conn, strings.NewReplacer(`\n`, "\n", "COOKIE", h.Cookie).Replace(typed[1]))
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	perl := exec.Command("perl", "-e", program[1])
	perl.Stdin = bytes.NewReader(answer)
	file, err := perl.Output()
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%q", content), fmt.Sprintf("%q", file))
}
