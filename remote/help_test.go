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
)

// Only a synopsis may be wider: a word of it that stands apart means nothing.
func TestHelpFitsATerminal(t *testing.T) {
	for line := range strings.Lines(newHelped(t, false).client(t).ok("HELP").data) {
		line = strings.TrimSuffix(line, "\n")
		if synopsis := regexp.MustCompile(`^[a-z]+ [\[A-Z]\S`).MatchString(line); !synopsis || strings.Contains(line, "  ") {
			require.LessOrEqual(t, utf8.RuneCountInString(line), 80, line)
		}
		require.Equal(t, strings.TrimRight(line, " "), line)
	}
}

// TestEveryLineThatHelpHasTypedWorks types what HELP says, as somebody with nc
// would.
func TestEveryLineThatHelpHasTypedWorks(t *testing.T) {
	h := newHelped(t, false)
	seen := map[string]bool{}
	c := h.client(t)
	for _, verb := range h.verbs(t) {
		h.write(t, "notes.txt", "some notes\n")
		h.write(t, "some.log", "a log\n")
		require.NoError(t, os.MkdirAll(filepath.Join(h.dir, "My Documents"), 0o777))
		manual := c.ok("HELP " + verb).data
		r := h.silent(t)
		require.Equal(t, codec.HELO, r.next(t).verb)
		for _, line := range regexp.MustCompile(`(?m)^ {4}(\S.*)$`).FindAllStringSubmatch(manual, -1) {
			if verb == "DEL" {
				h.write(t, "hello.txt", "hello\n")
			}
			word, _, _ := strings.Cut(line[1], " ")
			seen[word] = true
			_, err := io.WriteString(r.net, line[1]+"\n")
			require.NoError(t, err)
			if slices.Contains([]string{"put", "file", "data", "sum"}, word) || strings.HasPrefix(line[1], "exec -i") {
				continue // its answer comes at the end
			}
			last := r.next(t)
			for last.verb != codec.OK && last.verb != codec.ERR {
				last = r.next(t)
			}
			if last.verb == codec.ERR && strings.HasPrefix(last.body, "no-display") {
				continue
			}
			require.Equal(t, codec.OK, last.verb, "%s: %s", line[1], last.body)
		}
		r.net.Close()
		if verb == "PUT" {
			require.Equal(t, "hello\nthese are two lines\n", h.read(t, "hello.txt"))
		}
	}
	for _, word := range []string{"dir", "cd", "get", "put", "exec", "shot", "del"} {
		require.True(t, seen[word], word)
	}
}

func TestHelpExplainsHowAnAnswerReadsAndOnlyWhatOneMay(t *testing.T) {
	text := newHelped(t, false).client(t).ok("HELP").data
	require.Contains(t, text, "10 digits that say how many bytes follow")
	require.Contains(t, text, "help VERB explains one")
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, " ") && !regexp.MustCompile(`^[a-z]{2,4} `).MatchString(line) {
			require.LessOrEqual(t, len([]rune(line)), 84, line)
		}
	}
}

// TestWhatHelpSaysAboutKeepingAFileIsTrue runs the line for perl on the answer to
// the lines for nc.
func TestWhatHelpSaysAboutKeepingAFileIsTrue(t *testing.T) {
	if _, err := exec.LookPath("perl"); err != nil {
		lacks(t, err)
	}
	h := newHelped(t, true)
	content := strings.Repeat("a file of some length\r\n\x00", 20_000)
	h.write(t, "notes.txt", content)
	manual := h.client(t).ok("HELP get").data
	typed := regexp.MustCompile(`printf '(.*)'`).FindStringSubmatch(manual)
	program := regexp.MustCompile(`perl -e '(.*)'`).FindStringSubmatch(manual)
	require.NotNil(t, typed)
	require.NotNil(t, program)
	conn := h.dial(t)
	defer conn.Close()
	_, err := io.WriteString(conn, strings.NewReplacer(`\n`, "\n", "COOKIE", h.cookie).Replace(typed[1]))
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	perl := exec.Command("perl", "-e", program[1])
	perl.Stdin = bytes.NewReader(answer)
	file, err := perl.Output()
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%q", content), fmt.Sprintf("%q", file))
}
