package remote_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/codectest"
	"techsh/codec/link"
	"techsh/remote"
	"techsh/remote/remotetest"
)

// A hungCall is a call that hangs.
type hungCall struct {
	line string
	dir  string
	hung *codectest.Hung
	*remotetest.Raw
}

// hang makes a call, with a stream, in a folder with a file system that hangs.
func hang(t *testing.T, h *remotetest.Remote, line string, stream ...string) hungCall {
	t.Helper()
	c := hungCall{line, filepath.Join(h.Dir, url.PathEscape(line)), nil, h.Raw(t)}
	h.Write(t, filepath.Join(filepath.Base(c.dir), "a"), "text")
	c.hung = codectest.HungFolder(t, c.dir)
	c.Say(t, "CD", c.dir)
	require.Equal(t, codec.OK, c.Next(t).Verb)
	req := remotetest.NewRequest(t, line)
	require.NoError(t, c.WriteWords(req.Verb, req.Words...))
	for _, f := range stream {
		verb, body, _ := strings.Cut(f, " ")
		require.NoError(t, c.Write(codec.MakeVerb(verb), []byte(body)))
	}
	require.NoError(t, c.Flush())
	c.hung.Await(t)
	return c
}

// The frames of a stream, and the STOP after them, are read although the first one hangs.
func TestCallInAHungFileSystemIsAnsweredAfterStop(t *testing.T) {
	t.Parallel()
	h := remotetest.New(t, true)
	h.Server.Sessions = 100
	var calls []hungCall
	for _, line := range []string{
		"DIR hung", "DIR", "DIR -R", "DIR -c hung/", "STAT hung", "STAT hung/x", "STAT h*/x", "GET hung/x", "GET -r .",
		"CAT hung/x", "HASH hung/x", "FIND .", "DU .", "DF hung", "CD hung", "MKD hung/x", "MKD -p hung/x/y",
		"DEL hung/x", "DEL -r hung", "MOVE a hung/a", "MOVE hung/a a", "COPY a hung/a", "COPY -r hung b",
		"PART hung/x 1", "EXEC -d hung true", "EXEC hung/prog", "SH -d hung true", "RUN hung/prog",
	} {
		calls = append(calls, hang(t, h, line))
	}
	for _, line := range []string{"PUT hung/x", "PUT -t hung", "PUT -r hung"} {
		calls = append(calls, hang(t, h, line, "FILE f 0644 6 - x\n", "DATA abcdef", "SUM none\n", "END"))
	}
	for _, c := range calls {
		c.Say(t, "STOP")
	}
	for _, c := range calls {
		g := c.Next(t)
		for g.Verb != codec.ERR && g.Verb != codec.OK {
			g = c.Next(t)
		}
		require.Equal(t, "cancelled cancelled\n", g.Body, c.line)
		c.Say(t, "PWD") // neither the session nor its folder is affected
		require.Contains(t, c.Next(t).Body, filepath.Base(c.dir), c.line)
		c.hung.Wake()
	}
	for _, what := range []string{"msg=abandoned", `msg="ended at last"`} {
		remotetest.Eventually(t, what, func() bool { return strings.Count(h.Log.String(), what) == len(calls) })
	}
	for _, c := range calls { // what was abandoned has written nothing more
		c.Say(t, "ECHO", "next")
		require.Equal(t, "next\n", c.Next(t).Body)
		require.Equal(t, codec.OK, c.Next(t).Verb)
	}
}

// A client that has sent more than can be read ahead is noticed to be gone.
func TestPutIntoAHungFileSystemFreesItsSessionWhenTheClientIsGone(t *testing.T) {
	t.Parallel()
	h := remotetest.New(t, true)
	hung := codectest.HungFolder(t, h.Dir)
	c := h.Client(t)
	go func() {
		r := remotetest.NewRequest(t, "PUT hung/x")
		r.Send = remotetest.SendFile("x", make([]byte, 64<<20))
		_, _ = c.Do(t.Context(), r)
	}()
	hung.Await(t)
	c.Close()
	remotetest.Eventually(t, "the session is left", func() bool { return remotetest.Live(h.Server) == 0 })
}

func TestSessionsOfClientsThatAreGoneAreFreeAlthoughTheirCallsHang(t *testing.T) {
	t.Parallel()
	n := remotetest.NewNetwork(t)
	codectest.HungFolder(t, n.Dir)
	for range 3 {
		for range 8 {
			c, _ := n.As(t, n.Peer)
			go func() { _, _ = c.Do(t.Context(), remotetest.NewRequest(t, "DIR hung")) }()
			remotetest.Eventually(t, "the call does not begin", func() bool {
				return strings.Count(n.Log.String(), "msg=dir") == strings.Count(n.Log.String(), "msg=connected")
			})
			c.Net.Close()
		}
		remotetest.Eventually(t, "a session is left", func() bool { return remotetest.Live(n.Server) == 0 })
	}
	c, _ := n.As(t, n.Peer)
	c.OK("PING")
}

func TestCallsThatUseFilesAreBusyWhen64Hang(t *testing.T) {
	t.Parallel()
	h := remotetest.New(t, false)
	h.Server.Sessions = 100
	hung := codectest.HungFolder(t, h.Dir)
	h.Write(t, "folder/a", "")
	c := h.Client(t)
	c.OK("DIR folder")
	var sessions []*remotetest.Raw
	for range 64 { // abandoned at the same time, to save time
		r := h.Raw(t)
		r.Say(t, "STAT", "hung")
		sessions = append(sessions, r)
	}
	remotetest.Eventually(t, "the calls do not begin", func() bool {
		return strings.Count(h.Log.String(), "msg=stat") == 64
	})
	hung.Await(t)
	for _, r := range sessions {
		r.Net.Close()
	}
	remotetest.Eventually(t, "they are not abandoned", func() bool {
		return strings.Count(h.Log.String(), "msg=abandoned") == 64
	})
	for _, line := range []string{"DIR folder", "GET folder/a", "CD folder", "MKD x", "DEL folder/a", "EXEC true"} {
		_, err := c.Fails(line, codec.Busy)
		require.ErrorContains(t, err, "64 calls hang")
	}
	c.OK("PING")
	c.OK("INFO")
	hung.Wake()
	remotetest.Eventually(t, "it is busy for ever", func() bool {
		_, err := c.Call(t.Context(), remotetest.NewRequest(t, "DIR folder"))
		return err == nil
	})
}

func TestServerEndsAlthoughCallsHang(t *testing.T) {
	t.Parallel()
	n := remotetest.NewNetwork(t)
	codectest.HungFolder(t, n.Dir)
	for _, line := range []string{"DIR hung", "GET hung/x", "EXEC -d hung true"} {
		c, _ := n.As(t, n.Peer)
		go func() {
			_, err := c.Do(t.Context(), remotetest.NewRequest(t, line))
			if err == nil {
				t.Error("it does not hang: " + line)
			}
		}()
	}
	remotetest.Eventually(t, "the calls do not begin", func() bool {
		return strings.Contains(n.Log.String(), "msg=dir") && strings.Contains(n.Log.String(), "msg=get") &&
			strings.Contains(n.Log.String(), "msg=exec")
	})
	n.Stop()
}

// A root that hangs after the server has started keeps its sessions busy, not hung.
func TestSessionWhoseRootHangsIsBusy(t *testing.T) {
	t.Parallel()
	n := remotetest.NewNetwork(t, func(s *remote.Server) {
		s.Root = filepath.Join(s.Dir, "hung")
		require.NoError(t, os.Mkdir(s.Root, 0o755))
	})
	c, _ := n.As(t, n.Peer)
	c.OK("DIR")
	hung := codectest.HungFolder(t, n.Dir)
	_, _, err := link.Open(t.Context(), n.Dial(t), link.Opening{})
	require.ErrorIs(t, err, &codec.Error{Code: codec.Busy})
	hung.Wake()
}
