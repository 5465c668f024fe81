//go:build unix

package protocol_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"
	"techsh/shell/shelltest/terminal"
)

// At a prompt, commands make more calls, to know what to ask the user.
func TestAPromptWouldSendMore(t *testing.T) {
	t.Parallel()
	s := shelltest.NewPlain(t)
	writeFiles(t, s.Dir, map[string]string{"notes.txt": "here\n"})
	p := s.PromptAt(terminal.New(t, 200, 300)) // high enough not to scroll
	p.SeesLine("")
	for line, want := range map[string]string{
		"del *.txt":        "DU DEL",
		"put notes.txt":    "FIND PUT FILE DATA SUM END",
		"get notes.txt":    "STAT GET",
		"del notes.txt":    "DEL",
		"sync l:. r:logs":  "FIND",
		"exec -t top":      "EXEC END",
		"explain dir logs": "",
	} {
		var verbs []string
		for _, f := range explainedFrames(t, strings.Join(p.Runs("explain "+line), "\n")+"\n") {
			if !bytes.Contains(f.bytes, []byte("-p ")) { // STAT -p checks whether both sides are the same computer
				verbs = append(verbs, f.name)
			}
		}
		require.Equal(t, want, strings.Join(verbs, " "), line)
	}
}
