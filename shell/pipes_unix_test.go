//go:build unix

package shell_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell"
	"techsh/shell/shelltest"
)

// endless returns an answer of begin and, until STOP comes, body again and again.
func endless(begin, body string) func(c *codec.Conn, _ []codec.Word) {
	return func(c *codec.Conn, _ []codec.Word) {
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			if begin != "" {
				_ = c.Write(codec.FILE, []byte(begin))
			}
			for {
				select {
				case <-stop:
					return
				default:
					if c.Write(codec.DATA, []byte(body)) != nil || c.Flush() != nil {
						return
					}
				}
			}
		}()
		for {
			f, err := c.ReadFrame()
			if err != nil || f.Verb == codec.STOP {
				break
			}
		}
		close(stop)
		<-stopped
		_ = c.WriteWords(codec.ERR, codec.Lits(string(codec.Cancelled), "stopped")...)
	}
}

// A remote that has no end to tell is stopped when nobody reads what it says.
func TestEveryProducerEndsWithItsConsumer(t *testing.T) {
	sum := strings.Repeat("0", 64)
	answers := shelltest.Answers{
		"FIND": endless("", strings.Repeat("f 0644 1 - name\n", 1000)),
		"DIR":  endless("", "f 0644 1 - name\n"),
		"HASH": endless("", sum+" name\n"),
		"CD":   shelltest.Tells("/\n"),
		"DU":   endless("", "1 1 1 name\n"),
		"DF":   endless("", "/ ext4 1 1\n"),
		"STAT": endless("", "f 0644 1 - name\n"),
		"CAT":  endless("", "text\n"),
		"GET":  endless("f 0644 - - x\n", strings.Repeat("text\n", 10_000)),
		"NET":  endless("", "listen tcp 127.0.0.1:1\n"),
	}
	for _, command := range []string{
		"find .", "hash x", "du x", "df", "stat x", "cat x", "get x -", "net", "source script",
	} {
		for _, line := range []string{
			command + " | head -n 1", command + " > /dev/full", command + " | true", command + " | head -n 1 &; fg",
		} {
			if strings.HasPrefix(line, "source") && strings.HasSuffix(line, "fg") {
				continue // it cannot be a job
			}
			t.Run(line, func(t *testing.T) {
				s, _ := shelltest.NewHostile(t, answers)
				require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "script"), []byte("find .\n"), 0o600))
				s.Configure = func(sh *shell.Shell) { sh.KeepGoing = true }
				ended := make(chan error, 1)
				go func() { ended <- s.Run(line) }()
				select {
				case err := <-ended:
					if strings.HasSuffix(line, "full") {
						require.Error(t, err)
						require.Contains(t, s.Printed(), "no space left on the disk")
						return
					}
					require.NoError(t, err)
					require.LessOrEqual(t, strings.Count(s.Printed(), "\n"), 10)
				case <-time.After(shelltest.Timeout):
					require.FailNow(t, "it goes on")
				}
			})
		}
	}
}
