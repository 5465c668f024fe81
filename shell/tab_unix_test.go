//go:build unix

package shell_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/shelltest"
)

// listing is the answer to DIR -c with one file.
func listing(c *codec.Conn) { shelltest.Lists("f notes.txt")(c, nil) }

// A remote that answers late, even to STOP, must cost a completion at most.
func TestATabThatIsLeftNeverEndsTheSession(t *testing.T) {
	asked := make(chan struct{}, 10)
	s, _ := shelltest.NewHostile(t, shelltest.Answers{
		"DIR": func(c *codec.Conn, _ []codec.Word) {
			asked <- struct{}{}
			time.Sleep(1500 * time.Millisecond)
			listing(c)
		},
		"ECHO": shelltest.Tells("hello\n"),
	})
	dials := 0
	dial := s.Dial
	s.Dial = func(ctx context.Context, target string, ask func(string) (string, error)) (
		io.ReadWriteCloser, link.Opening, error,
	) {
		dials++
		return dial(ctx, target, ask)
	}
	p := s.Prompt()
	for range 2 {
		p.Types("\x15cat n\t")
		<-asked
		p.Types("x")
		p.SeesLine("cat nx")
		require.Contains(t, strings.Join(p.Runs("echo hello"), "\n"), "hello")
	}
	require.Equal(t, 1, dials)
}

func TestATabWaitsForASlowRemote(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"DIR": func(c *codec.Conn, _ []codec.Word) {
		time.Sleep(1500 * time.Millisecond)
		listing(c)
	}})
	s.Prompt().Completes("cat n", "cat notes.txt ")
}

func TestCtrlCEndsTheWaitForACompletionAndRunsNothing(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	deleted := false
	s, _ := shelltest.NewHostile(t, shelltest.Answers{
		"DIR": func(c *codec.Conn, _ []codec.Word) {
			asked <- struct{}{}
			<-release
			listing(c)
		},
		"ECHO": shelltest.Tells("hello\n"),
		"DEL":  func(c *codec.Conn, _ []codec.Word) { deleted = true; shelltest.OK(c) },
	})
	p := s.Prompt()
	p.Types("del -f n\t\r")
	<-asked
	s.Interrupt()
	p.Until(func(rows []string) bool { return len(rows) == 3 && strings.HasSuffix(rows[1], "> del -f n^C") })
	close(release)
	require.Contains(t, strings.Join(p.Runs("echo hello"), "\n"), "hello")
	require.False(t, deleted)
}

// A remote that cuts its list without saying what all names begin with, as the first
// ones did, must not lead to a wrong name.
func TestACutListOfAnOlderRemoteCompletesNothing(t *testing.T) {
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("f xx-%04d", i))
	}
	s, _ := shelltest.NewHostile(t, shelltest.Answers{
		"DIR": func(c *codec.Conn, words []codec.Word) {
			switch {
			case words[1].Text == "--folders":
				e := codec.Errorf(codec.BadRequest, "there is no option --folders")
				_ = c.WriteWords(codec.ERR, e.Words()...)
			case words[1].Text == "x":
				shelltest.Lists(names...)(c, nil)
			default:
				shelltest.Lists("f yes", "d yours/", "f y")(c, nil)
			}
		},
		"CD": func(c *codec.Conn, _ []codec.Word) { shelltest.OK(c) },
	})
	p := s.Prompt()
	p.Types("cat x\t")
	p.Until(func(rows []string) bool {
		n := len(rows)
		return n > 3 && strings.HasSuffix(rows[n-1], "> cat x") && rows[n-2] == "… and more"
	})
	p.Completes("cd y", "cd yours/")
}

func TestTabCompletesToTheCommonTextOfAllNames(t *testing.T) {
	s := shelltest.NewPlain(t)
	p := s.Prompt()
	p.Runs("mkdir many")
	p.Runs(`sh cd many; for i in $(seq 1200); do : > xx-$i; done; : > xyz-important; : > "a b"; mkdir -- -d`)
	p.Completes("stat many/xy", "stat many/xyz-important ")
	p.Runs("cd many")
	p.Completes("stat xx", "stat xx-")
	p.Types("\x15stat x\t")
	p.Until(func(rows []string) bool {
		n := len(rows)
		return n > 3 && strings.HasSuffix(rows[n-1], "> stat x") && strings.HasPrefix(rows[n-2], "… and ")
	})
	p.Completes("stat -- -", `stat -- "-d/`)
	p.Completes("cd -- -", `cd -- "-d/`)
	p.Completes("cd x", "cd x")
	p.Types("\x15cd ")
	p.Types("\"-\t\r") // Enter closes the quote
	p.Until(func(rows []string) bool { return strings.HasSuffix(rows[len(rows)-1], "/many/-d>") })
}
