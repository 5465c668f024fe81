//go:build unix

package programs_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

func TestExecRunsWithoutAShell(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		got := c.OK(`EXEC printf '%s|' "$HOME" * 'a b' -x --y ""`)
		require.Equal(t, "$HOME|*|a b|-x|--y||", got.Data)
		require.Equal(t, codec.Pairs{{Key: "exit", Value: "0"}}, got.Pairs)
		got = c.OK("SH 'echo out; echo err >&2; exit 3'")
		require.Equal(t, "out\n", got.Data)
		require.Equal(t, "err\n", strings.Join(got.Notes, ""))
		require.Equal(t, codec.Pairs{{Key: "exit", Value: "3"}}, got.Pairs)
		require.Equal(t, "a  b\n", c.OK(`SH echo "a  b"`).Data, "the line is the shell's as it was typed")
		require.Equal(t, "x\n", c.OK(`SH -- 'echo x'`).Data)
	})
}

func TestExitStatusIsReported(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	for line, want := range map[string]codec.Pairs{
		"EXEC true":               {{Key: "exit", Value: "0"}},
		"EXEC false":              {{Key: "exit", Value: "1"}},
		"SH 'exit 255'":           {{Key: "exit", Value: "255"}},
		"SH 'kill -KILL $$'":      {{Key: "signal", Value: "KILL"}, {Key: "number", Value: "9"}},
		"SH 'kill -TERM $$'":      {{Key: "signal", Value: "TERM"}, {Key: "number", Value: "15"}},
		"EXEC sh -c 'kill -1 $$'": {{Key: "signal", Value: "HUP"}, {Key: "number", Value: "1"}},
	} {
		require.Equal(t, want, c.OK(line).Pairs, line)
	}
}

func TestProgramsDoNotSeeOurSecrets(t *testing.T) {
	t.Setenv("TECHSH_COOKIE", "secret")
	t.Setenv("techsh_other", "secret")
	t.Setenv("KEPT", "kept")
	c := remotetest.New(t, false).Client(t)
	for _, line := range []string{"EXEC env", "SH env"} {
		env := c.OK(line).Data
		require.NotContains(t, strings.ToUpper(env), "TECHSH_")
		require.NotContains(t, env, "secret")
		require.Contains(t, env, "KEPT=kept\n")
	}
}

func TestProgramsRunInTheSessionsFolder(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		h.Write(t, "sub/hello", "#!/bin/sh\npwd -P; echo $0\n")
		require.NoError(t, os.Chmod(filepath.Join(h.Dir, "sub/hello"), 0o755))
		h.Write(t, "not executable", "")
		c := h.Client(t)
		require.Equal(t, h.Dir+"\n", c.OK("EXEC pwd").Data)
		require.Equal(t, filepath.Join(h.Dir, "sub")+"\n", c.OK("EXEC -d sub pwd").Data)
		require.Equal(t, "/\n", c.OK("EXEC -d/ pwd").Data)
		require.Equal(t, "/\n", c.OK("SH -d / pwd").Data)
		require.True(t, strings.HasPrefix(c.OK("EXEC sub/hello").Data, h.Dir+"\n"))
		require.True(
			t,
			strings.HasPrefix(c.OK("EXEC -d / sub/hello").Data, "/\n"),
			"the program is looked for from the session's folder",
		)
		c.OK("CD sub")
		require.True(t, strings.HasPrefix(c.OK("EXEC ./hello").Data, filepath.Join(h.Dir, "sub")+"\n"))
		c.OK("CD ..")
		for line, code := range map[string]codec.Code{
			"EXEC nova": codec.NotFound, "EXEC ./nova": codec.NotFound, "EXEC sub/nova": codec.NotFound,
			"EXEC hello":              codec.NotFound,
			`EXEC "./not executable"`: codec.NotAllowed, "EXEC ./sub": codec.IsDirectory,
			"EXEC ./hello.txt/x": codec.NotFound, `EXEC ""`: codec.NotFound,
			"EXEC -d nova true": codec.NotFound, "EXEC -d hello.txt true": codec.NotDirectory,
			"EXEC -d": codec.BadRequest, "EXEC": codec.BadRequest, "SH": codec.BadRequest,
			"EXEC --nova true": codec.BadRequest, "EXEC true" +
				strings.Repeat(" a", 256): codec.BadRequest, "EXEC true " + strings.Repeat("x", 32<<10): codec.TooBig,
		} {
			_, err := c.Call(t.Context(), remotetest.NewRequest(t, line))
			require.Error(t, err, line[:min(len(line), 40)])
			e := c.RequireCode(err, line[:min(len(line), 40)], codec.Explain("", err).Code)
			if line == "EXEC ./hello.txt/x" { // the code depends on the system
				require.Contains(t, []codec.Code{codec.NotFound, codec.NotDirectory}, e.Code)
				continue
			}
			require.Equal(t, code, e.Code, "%s: %v", line[:min(len(line), 40)], e)
		}
		c.OK("EXEC true" + strings.Repeat(" a", 255))
		c.OK("EXEC true " + strings.Repeat("x", 32<<10-4))
	})
}

// A file in the working folder of the server is not a program.
func TestProgramInTheWorkingFolderIsNotFound(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nova"), []byte("#!/bin/sh\necho run\n"), 0o755))
	t.Chdir(dir)
	t.Setenv("PATH", ".:"+os.Getenv("PATH"))
	_, e := remotetest.New(t, false).Client(t).Fails("EXEC nova", codec.NotAllowed)
	require.NotEmpty(t, e.Error())
}

func TestStandardInputIsEmptyByDefault(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		began := time.Now()
		require.Empty(t, c.OK("EXEC cat").Data)
		require.Empty(t, c.OK("SH cat").Data)
		require.Less(t, time.Since(began), remotetest.Timeout)
		r := remotetest.NewRequest(t, "EXEC -i cat")
		r.Send = remotetest.Feed(bytes.NewReader(nil))
		got, err := c.Call(t.Context(), r)
		require.NoError(t, err)
		require.Empty(t, got.Data)
		r = remotetest.NewRequest(t, "SH -i 'cat; echo done'")
		r.Send = remotetest.Feed(strings.NewReader("some input\n"))
		got, err = c.Call(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, "some input\ndone\n", got.Data)
	})
}

// If more input than requested were accepted, it would have to be buffered without limit.
func TestUnrequestedInputIsRefused(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		for range 10 {
			r := remotetest.NewRequest(t, "EXEC -i sleep 1000")
			r.Send = remotetest.Sending("DATA "+strings.Repeat("x", 500_000), "DATA "+strings.Repeat("x", 500_000))
			_, err := c.Call(t.Context(), r)
			c.RequireCode(err, "EXEC", codec.BadRequest)
			c.OK("PING")
		}
	})
}

func TestProgramThatClosesItsInputStillEnds(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		for range 20 {
			r := remotetest.NewRequest(t, "SH -i 'exec <&-; echo closed; exit 7'")
			r.Send = remotetest.Feed(bytes.NewReader(make([]byte, 1<<20)))
			got, err := c.Call(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, "closed\n", got.Data)
			require.Equal(t, codec.Pairs{{Key: "exit", Value: "7"}}, got.Pairs)
		}
	})
}

func TestOutputIsCompleteAlthoughTheProgramEndsAtOnce(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		for range 20 {
			got := c.OK("SH 'head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2'")
			require.Len(t, got.Data, 300_000)
			require.Len(t, strings.Join(got.Notes, ""), 200_000)
		}
	})
}

func TestFileThatIsNotAProgramIsReported(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "empty", "")
	h.Write(t, "script", "#!/no/such/interpreter\n")
	for _, name := range []string{"empty", "script"} {
		require.NoError(t, os.Chmod(filepath.Join(h.Dir, name), fs.FileMode(0o755)))
	}
	c := h.Client(t)
	c.Fails("EXEC ./empty", codec.Unsupported)
	for _, verb := range []string{"EXEC", "EXEC -t 80x24", "RUN"} {
		_, e := c.Fails(verb+" ./script", codec.NotFound)
		require.Equal(t, "./script: its interpreter is missing", e.Error(), verb)
	}
}
