package access_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
	"techsh/remote/remotetest"
	"techsh/remote/verb"
)

// plant makes files, and folders if their names end in "/".
func plant(t *testing.T, h *remotetest.Remote, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(h.Dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		if strings.HasSuffix(name, "/") {
			require.NoError(t, os.MkdirAll(path, 0o777))
		} else {
			require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		}
	}
}

// asked makes a call, and returns the question that it leads to, which is answered no.
func asked(t *testing.T, p *remotetest.Person, c *remotetest.Client, line string) (q access.Question, err error) {
	t.Helper()
	p.Answer <- access.No
	r := remotetest.NewRequest(t, line)
	r.Send = func(context.Context, *link.Upstream) error { return nil }
	_, err = c.Call(t.Context(), r)
	select {
	case q = <-p.Asked:
		require.ErrorIs(t, err, &codec.Error{Code: codec.Declined}, line)
		require.ErrorContains(t, err, "said no", line)
	default:
		<-p.Answer
	}
	require.Empty(t, p.Asked, line)
	return q, err
}

// What a person has agreed to is remembered for each file, so it must not be too much.
func TestNobodyIsAskedAboutTooManyThings(t *testing.T) {
	h := remotetest.New(t, false)
	p := remotetest.NewPerson(h.Server)
	c := h.Client(t)
	const many = 15_000
	require.NoError(t, os.Mkdir(filepath.Join(h.Dir, "many"), 0o777))
	for i := range many {
		require.NoError(t, os.WriteFile(filepath.Join(h.Dir, fmt.Sprintf("many/f%05d", i)), nil, 0o666))
	}
	for _, line := range []string{"DEL many/f*", "MOVE many/f* many/.."} {
		q, err := asked(t, p, c, line)
		require.Empty(t, q, line)
		require.ErrorIs(t, err, &codec.Error{Code: codec.TooBig}, line)
		require.ErrorContains(t, err, "too many things to ask about", line)
	}
	left, err := os.ReadDir(filepath.Join(h.Dir, "many"))
	require.NoError(t, err)
	require.Len(t, left, many)
	q, err := asked(t, p, c, "DEL many/f01*")
	require.Error(t, err)
	require.Contains(t, q.Words, "1000 things: ")
	require.Contains(t, q.Words, " more")
	require.Less(t, len(q.Words), 1000)
}

func TestQuestionNamesWhatTheWordsStandFor(t *testing.T) {
	h := remotetest.New(t, false)
	p := remotetest.NewPerson(h.Server)
	c := h.Client(t)
	plant(t, h, map[string]string{
		"a.log": "1", "b.log": "2", "keep": "", "old/x": "", "old/y/z": "", "old/link": "", "sub/": "", "sub/keep": "",
		"copies/old/x": "",
	})
	require.NoError(t, os.Symlink("sub", filepath.Join(h.Dir, "link")))
	dir, err := filepath.EvalSymlinks(h.Dir)
	require.NoError(t, err)
	program := func(name string) string {
		path, err := exec.LookPath(name)
		require.NoError(t, err)
		real, err := filepath.EvalSymlinks(path)
		require.NoError(t, err)
		if filepath.Base(real) != filepath.Base(path) {
			return path + ", which is " + real + ","
		}
		return real
	}
	for line, want := range map[string]string{
		`EXEC cat a.log "b c"`:                   "in DIR: " + program("cat") + ` a.log "b c"`,
		`EXEC -d link -e LANG=C -e TZ=UTC env`:   "in DIR/sub with LANG=C with TZ=UTC: " + program("env"),
		"SH echo a; in /tmp: rm b":               "in DIR: " + program("/bin/sh") + " runs: echo a; in /tmp: rm b",
		"RUN cat":                                "in DIR: " + program("cat"),
		"RUN keep":                               "in DIR: DIR/keep with the program that opens it",
		fmt.Sprint("KILL ", os.Getpid()):         fmt.Sprintf("%d (access.test)", os.Getpid()),
		fmt.Sprint("KILL -s kill ", os.Getpid()): fmt.Sprintf("with KILL: %d (access.test)", os.Getpid()),
		"DEL keep":                               "DIR/keep",
		"DEL link/keep":                          "DIR/sub/keep",
		"DEL link":                               "DIR/link",
		"DEL *.log nothing":                      "2 things: DIR/a.log, DIR/b.log",
		"DEL -r old":                             "DIR/old (a folder with 3 files and 1 folders)",
		"MOVE keep link":                         "",
		"MOVE -f keep link":                      "DIR/keep to DIR/sub/keep, which is replaced",
		"MOVE *.log sub":                         "2 things: DIR/a.log to DIR/sub/a.log, DIR/b.log to DIR/sub/b.log",
		"MOVE keep new":                          "DIR/keep to DIR/new",
		"COPY -f a.log link/keep":                "DIR/sub/keep is replaced by DIR/a.log",
		"COPY -f -r old link":                    "",
		"COPY -f -r old copies":                  "DIR/copies/old: files in it are replaced by those in DIR/old",
		"COPY -f keep new":                       "",
		"COPY a.log keep":                        "",
		"PUT -f link/keep":                       "DIR/sub/keep, which is replaced",
		"PUT -f -t link":                         "into DIR/sub, where files of the same names are replaced",
		"PUT -f":                                 "into DIR, where files of the same names are replaced",
		"PUT -f new":                             "",
		"PUT keep":                               "",
		"SHOT -d 2":                              "of display 2",
		"SHOT -d all --watch 5 -n 3":             "of all displays, 3 times, every 5s",
		"GET keep":                               "",
		"STAT keep":                              "",
	} {
		q, _ := asked(t, p, c, line)
		require.Equal(t, strings.ReplaceAll(want, "DIR", dir), q.Words, line)
		if want != "" {
			word, _, _ := strings.Cut(line, " ")
			require.Equal(t, strings.ToLower(word), q.Verb, line)
		}
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "new")))
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "sub", "old")))
	}
	many := map[string]string{}
	for n := range 300 {
		many[fmt.Sprintf("many/%0100d", n)] = ""
	}
	plant(t, h, many)
	q, _ := asked(t, p, c, "DEL many/*")
	require.Regexp(t, `^300 things: /.*/many/0+.* and \d+ more$`, q.Words)
}

// A person is not bothered with calls that are refused anyway.
func TestCallsThatCannotBeCarriedOutAreNotAskedAbout(t *testing.T) {
	h := remotetest.New(t, false)
	p := remotetest.NewPerson(h.Server)
	c := h.Client(t)
	plant(t, h, map[string]string{"a": "", "b": "", "folder/": ""})
	for line, code := range map[string]codec.Code{
		"EXEC no-such-program": codec.NotFound, "EXEC -e LD_PRELOAD=x true": codec.NotAllowed,
		"EXEC -e MAKEFILES=x make": codec.NotAllowed, "EXEC -t 0x0 true": codec.BadRequest,
		"EXEC --timeout 0 true": codec.BadRequest, "EXEC -d nowhere true": codec.NotFound,
		"SH --shell none true": codec.NotFound, "RUN nothing": codec.NotFound,
		"KILL 0": codec.BadRequest, "KILL 2147483647": codec.NotFound, "KILL -s NONE 1": codec.BadRequest,
		"DEL nothing": codec.NotFound, "DEL folder": codec.IsDirectory, "DEL": codec.BadRequest,
		"MOVE nothing x": codec.NotFound, "MOVE a b": codec.Exists, "MOVE folder folder/x": codec.BadRequest,
		"SHOT -d 0": codec.BadRequest, "SHOT -n 1": codec.BadRequest,
	} {
		q, err := asked(t, p, c, line)
		require.Empty(t, q, line)
		require.ErrorIs(t, err, &codec.Error{Code: code}, line)
	}
}

func TestAnswerForTheSessionHoldsForItsVerbAndItsSessionOnly(t *testing.T) {
	h := remotetest.New(t, false)
	p := remotetest.NewPerson(h.Server)
	c := h.Client(t)
	sleeper := exec.Command("sleep", "1000")
	require.NoError(t, sleeper.Start())
	defer sleeper.Wait()
	p.Answer <- access.ForSession
	c.OK(fmt.Sprint("KILL ", sleeper.Process.Pid))
	p.Answer <- access.No
	c.Fails("EXEC true", codec.Declined)
	p.Answer <- access.ForSession
	c.OK("SH true")
	c.OK("SH true")
	require.Len(t, p.Asked, 3)
	p.Answer <- access.No
	c.Fails("EXEC true", codec.Declined)
	h.Write(t, "kept", "")
	p.Answer <- access.No
	c.Fails("DEL kept", codec.Declined)
	p.Answer <- access.Yes
	c.OK("DEL kept")
	p.Answer <- access.No
	h.Client(t).Fails("SH true", codec.Declined)
	require.Len(t, p.Asked, 7)
	require.Contains(
		t,
		h.Log.String(),
		`msg=asked session=2 peer="admitted by another program" verb=sh words=true answer=no`,
	)
}

// While the person reads a question, everything in it may be exchanged.
func TestPersonIsAskedAgainAboutWhatHasChanged(t *testing.T) {
	h := remotetest.New(t, false)
	p := remotetest.NewPerson(h.Server)
	script := func(name, text string) {
		path := filepath.Join(h.Dir, name)
		require.NoError(t, os.WriteFile(path+".new", []byte("#!/bin/sh\n"+text+"\n"), 0o755))
		require.NoError(t, os.Rename(path+".new", path))
	}
	for _, c := range []struct {
		line   string
		change func()
	}{
		{"EXEC ./prog", func() { script("prog", "echo evil; touch done") }},
		{"EXEC ./prog", func() { require.NoError(t, os.Chmod(filepath.Join(h.Dir, "prog"), 0o700)) }},
		{"RUN ./prog", func() { script("prog", "echo evil; touch done") }},
		{"DEL *.log", func() { h.Write(t, "c.log", "") }},
		{"DEL a.log", func() { script("a.log", "") }},
		{"MOVE link/x done", func() {
			require.NoError(t, os.Remove(filepath.Join(h.Dir, "link")))
			require.NoError(t, os.Symlink("other", filepath.Join(h.Dir, "link")))
		}},
		{"COPY -f a.log b.log", func() { script("b.log", "") }},
	} {
		require.NoError(t, os.RemoveAll(filepath.Join(h.Dir, "link")))
		plant(t, h, map[string]string{"a.log": "", "b.log": "", "one/x": "", "other/x": ""})
		require.NoError(t, os.Symlink("one", filepath.Join(h.Dir, "link")))
		script("prog", "true")
		client := h.Client(t)
		declined := make(chan error, 1)
		go func() {
			_, err := client.Call(t.Context(), remotetest.NewRequest(t, c.line))
			declined <- err
		}()
		<-p.Asked
		c.change()
		p.Answer <- access.Yes
		<-p.Asked
		p.Answer <- access.No
		require.ErrorIs(t, <-declined, &codec.Error{Code: codec.Declined}, c.line)
		for _, name := range []string{"a.log", "one/x", "other/x"} {
			require.FileExists(t, filepath.Join(h.Dir, name), c.line)
		}
		require.NoFileExists(t, filepath.Join(h.Dir, "done"), c.line)
	}
}

// What is exchanged after the last look at it, directly before the act, is noticed too.
func TestActIsComparedWithWhatWasAgreedTo(t *testing.T) {
	for _, line := range []string{"EXEC ./prog", "DEL a.log", "MOVE a.log done", "MOVE -f a.log b.log"} {
		h := remotetest.New(t, false)
		p := remotetest.NewPerson(h.Server)
		exchange := func(name string) {
			path := filepath.Join(h.Dir, name)
			require.NoError(t, os.WriteFile(path+".new", []byte("#!/bin/sh\ntouch done\n"), 0o755))
			require.NoError(t, os.Rename(path+".new", path))
		}
		plant(t, h, map[string]string{"a.log": "", "b.log": ""})
		exchange("prog")
		name, _, _ := strings.Cut(line, " ")
		i := slices.IndexFunc(h.Server.Table(), func(r verb.Row) bool { return r.Verb == name })
		row := h.Server.Table()[i]
		row.Verb = "X" + name[:3]
		plan, looks := row.Plan, 0
		row.Plan = func(ctx context.Context, r *verb.Request) (verb.Plan, error) {
			found, err := plan(ctx, r)
			if looks++; looks == 3 { // before the question and its turn, with it, and after the answer
				for _, name := range []string{"prog", "a.log", "b.log"} {
					exchange(name)
				}
			}
			return found, err
		}
		h.Server.Verbs = verb.Table{row}
		p.Answer <- access.Yes
		p.Answer <- access.No
		_, err := h.Client(t).Call(t.Context(), remotetest.NewRequest(t, strings.Replace(line, name, row.Verb, 1)))
		if name == "EXEC" {
			require.ErrorIs(t, err, &codec.Error{Code: codec.Declined}, "nothing was done, so the person is asked again")
		} else {
			require.ErrorIs(t, err, &codec.Error{Code: codec.Changed}, line)
		}
		require.NoFileExists(t, filepath.Join(h.Dir, "done"))
		require.FileExists(t, filepath.Join(h.Dir, "a.log"))
	}
}

func TestPeerChangesNothingElseWhileThereIsAQuestion(t *testing.T) {
	var p *remotetest.Person
	n := remotetest.NewNetwork(t, func(s *remote.Server) { p = remotetest.NewPerson(s) })
	n.Write(t, "kept", "")
	asking, _ := n.As(t, n.Peer)
	same, _ := n.As(t, n.Peer)
	other, _ := n.As(t, n.Invited(t, "bob", trust.AllRights))
	deleted := make(chan error, 1)
	go func() {
		_, err := asking.Call(t.Context(), remotetest.NewRequest(t, "DEL kept"))
		deleted <- err
	}()
	<-p.Asked
	for _, line := range []string{"MKD new", "PUT x", "COPY kept x", "EXEC true", "DEL kept", "SHOT", "KILL 1"} {
		_, e := same.Fails(line, codec.Busy)
		require.Contains(t, e.Text, "is being asked about another call of ann", line)
	}
	same.OK("STAT kept")
	same.OK("CD .")
	other.OK("MKD new")
	require.Empty(t, p.Asked)
	waiting := make(chan error, 1)
	go func() {
		_, err := other.Call(t.Context(), remotetest.NewRequest(t, "DEL -r new"))
		waiting <- err
	}()
	p.Answer <- access.Yes
	require.NoError(t, <-deleted)
	require.Equal(t, "bob", (<-p.Asked).Peer, "it had to wait for its turn")
	p.Answer <- access.Yes
	require.NoError(t, <-waiting)
	same.OK("MKD new")
}

func TestQuestionWithoutAnAnswerIsDeclinedAfterTwoMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t, func(s *remote.Server) { remotetest.NewPerson(s) })
		c, _ := n.As(t, n.Peer)
		n.Write(t, "kept", "")
		began := time.Now()
		_, e := c.Fails("DEL kept", codec.Declined)
		require.Equal(t, 2*time.Minute, time.Since(began))
		require.Contains(t, e.Text, "has not answered for 2m0s")
		require.Contains(t, n.Log.String(), "words=kept answer=none")
		c.OK("MKD new") // the question is closed
	})
}

func TestCallsAreDeclinedWithoutATerminal(t *testing.T) {
	h := remotetest.New(t, false)
	h.Server.Ask = func(context.Context, access.Question) (access.Answer, error) {
		return access.Yes, errors.New("there is no console")
	}
	_, e := h.Client(t).Fails("SH true", codec.Declined)
	require.Contains(t, e.Text, "there is no console")
}

// A client may send its stream and then stop the call before the question is answered.
func TestQuestionIsWithdrawnWhenTheCallIsStopped(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		p := remotetest.NewPerson(h.Server)
		r := h.Raw(t)
		r.Say(t, "EXEC", "-i", "cat")
		require.NoError(t, r.Write(codec.DATA, make([]byte, 64<<10)))
		r.Say(t, "STOP")
		<-p.Asked
		require.Equal(t, codec.NEWS, r.Next(t).Verb)
		g := r.Next(t)
		require.Equal(t, codec.ERR, g.Verb)
		require.True(t, strings.HasPrefix(g.Body, "cancelled "), g.Body)
		r.Say(t, "ECHO", "next")
		require.Equal(t, "next\n", r.Next(t).Body)
	})
}

func TestStreamThatCameBeforeTheAnswerIsNotLost(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		p := remotetest.NewPerson(h.Server)
		c := h.Client(t)
		done := make(chan remotetest.Reply, 1)
		text := strings.Repeat("0123456789abcdef", 20_000)
		go func() {
			r := remotetest.NewRequest(t, "EXEC -i cat")
			r.Send = remotetest.Feed(strings.NewReader(text))
			got, err := c.Call(t.Context(), r)
			if err != nil {
				got.Data = err.Error()
			}
			done <- got
		}()
		<-p.Asked
		p.Answer <- access.Yes
		require.Equal(t, text, (<-done).Data)
	})
}

func TestWaitingForAnAnswerIsNews(t *testing.T) {
	h := remotetest.New(t, false)
	p := remotetest.NewPerson(h.Server)
	c := h.Client(t)
	news := make(chan string, 1)
	c.News = func(kind, text string) { news <- kind + ": " + text }
	p.Answer <- access.Yes
	c.OK("SH true")
	require.Equal(t, "asking: the person at the remote computer is being asked", <-news)
}

func TestSayIsShownToThePersonAtTheRemote(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	c.OK(`SAY "hello, it's me"`)
	require.Contains(t, h.Log.String(), `msg=says session=1 peer="admitted by another program" text="hello, it's me"`)
	r := h.Raw(t)
	_, err := r.Net.Write([]byte("say don't  panic\n"))
	require.NoError(t, err)
	require.Equal(t, codec.OK, r.Next(t).Verb)
	require.Contains(t, h.Log.String(), `text="don't  panic"`)
	c.Fails("SAY", codec.BadRequest)
	c.OK("SAY e\"\\x1b[31mred\"")
	require.NotContains(t, h.Log.String(), "\x1b")
}

// Before a verb reads its stream, the frames of the stream are buffered up to the amount
// that may be sent unrequested. Then the reader blocks, and with it the client.
func TestStreamThatCameBeforeTheAnswerIsBounded(t *testing.T) {
	h := remotetest.New(t, false) // over a pipe, a write returns only when the server has read the bytes
	p := remotetest.NewPerson(h.Server)
	r := h.Raw(t)
	r.Say(t, "EXEC", "-i", "cat")
	<-p.Asked
	taken := make(chan int, 1)
	go func() {
		n := 0
		for ; n < 1000; n++ {
			if errors.Join(r.Write(codec.DATA, make([]byte, 16<<10)), r.Flush()) != nil {
				break
			}
		}
		taken <- n
	}()
	select {
	case <-taken:
		require.Fail(t, "16 MB were taken")
	case <-time.After(100 * time.Millisecond): // enough for a reader that does not block to read everything
	}
	p.Answer <- access.No
	require.Equal(t, 1000, <-taken, "they are dropped then")
}
