//go:build unix

package remote_test

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
)

func TestExecRunsWithoutAShell(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		got := c.ok(`EXEC printf '%s|' "$HOME" * 'a b' -x --y ""`)
		require.Equal(t, "$HOME|*|a b|-x|--y||", got.data)
		require.Equal(t, codec.Pairs{{Key: "exit", Value: "0"}}, got.pairs)
		got = c.ok("SH 'echo out; echo err >&2; exit 3'")
		require.Equal(t, "out\n", got.data)
		require.Equal(t, "err\n", strings.Join(got.notes, ""))
		require.Equal(t, codec.Pairs{{Key: "exit", Value: "3"}}, got.pairs)
		require.Equal(t, "a  b\n", c.ok(`SH echo "a  b"`).data, "the line is the shell's as it was typed")
		require.Equal(t, "x\n", c.ok(`SH -- 'echo x'`).data)
	})
}

func TestEndOfAProgramIsTold(t *testing.T) {
	c := newHelped(t, false).client(t)
	for line, want := range map[string]codec.Pairs{
		"EXEC true":               {{Key: "exit", Value: "0"}},
		"EXEC false":              {{Key: "exit", Value: "1"}},
		"SH 'exit 255'":           {{Key: "exit", Value: "255"}},
		"SH 'kill -KILL $$'":      {{Key: "signal", Value: "KILL"}, {Key: "number", Value: "9"}},
		"SH 'kill -TERM $$'":      {{Key: "signal", Value: "TERM"}, {Key: "number", Value: "15"}},
		"EXEC sh -c 'kill -1 $$'": {{Key: "signal", Value: "HUP"}, {Key: "number", Value: "1"}},
	} {
		require.Equal(t, want, c.ok(line).pairs, line)
	}
}

func TestProgramsDoNotSeeOurSecrets(t *testing.T) {
	t.Setenv("TECHSH_COOKIE", "secret")
	t.Setenv("techsh_other", "secret")
	t.Setenv("KEPT", "kept")
	c := newHelped(t, false).client(t)
	for _, line := range []string{"EXEC env", "SH env"} {
		env := c.ok(line).data
		require.NotContains(t, strings.ToUpper(env), "TECHSH_")
		require.NotContains(t, env, "secret")
		require.Contains(t, env, "KEPT=kept\n")
	}
}

func TestProgramsRunInTheSessionsFolder(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		h.write(t, "sub/hello", "#!/bin/sh\npwd -P; echo $0\n")
		require.NoError(t, os.Chmod(filepath.Join(h.dir, "sub/hello"), 0o755))
		h.write(t, "not executable", "")
		c := h.client(t)
		require.Equal(t, h.dir+"\n", c.ok("EXEC pwd").data)
		require.Equal(t, filepath.Join(h.dir, "sub")+"\n", c.ok("EXEC -d sub pwd").data)
		require.Equal(t, "/\n", c.ok("EXEC -d/ pwd").data)
		require.Equal(t, "/\n", c.ok("SH -d / pwd").data)
		require.True(t, strings.HasPrefix(c.ok("EXEC sub/hello").data, h.dir+"\n"))
		require.True(t, strings.HasPrefix(c.ok("EXEC -d / sub/hello").data, "/\n"), "the program is looked for from the session's folder")
		c.ok("CD sub")
		require.True(t, strings.HasPrefix(c.ok("EXEC ./hello").data, filepath.Join(h.dir, "sub")+"\n"))
		c.ok("CD ..")
		for line, code := range map[string]codec.Code{
			"EXEC nova": codec.NotFound, "EXEC ./nova": codec.NotFound, "EXEC sub/nova": codec.NotFound, "EXEC hello": codec.NotFound,
			`EXEC "./not executable"`: codec.NotAllowed, "EXEC ./sub": codec.IsDirectory, "EXEC ./hello.txt/x": codec.NotFound, `EXEC ""`: codec.NotFound,
			"EXEC -d nova true": codec.NotFound, "EXEC -d hello.txt true": codec.NotDirectory, "EXEC -d": codec.BadRequest, "EXEC": codec.BadRequest, "SH": codec.BadRequest,
			"EXEC --nova true": codec.BadRequest, "EXEC true" + strings.Repeat(" a", 256): codec.BadRequest, "EXEC true " + strings.Repeat("x", 32<<10): codec.TooBig,
		} {
			_, err := c.call(t.Context(), request(t, line))
			require.Error(t, err, line[:min(len(line), 40)])
			e := c.requireCode(err, line[:min(len(line), 40)], codec.Explain("", err).Code)
			if line == "EXEC ./hello.txt/x" { // the system says which
				require.Contains(t, []codec.Code{codec.NotFound, codec.NotDirectory}, e.Code)
				continue
			}
			require.Equal(t, code, e.Code, "%s: %v", line[:min(len(line), 40)], e)
		}
		c.ok("EXEC true" + strings.Repeat(" a", 255))
		c.ok("EXEC true " + strings.Repeat("x", 32<<10-4))
	})
}

// What stands in the folder where the server happens to run is no program.
func TestProgramOfTheServersOwnFolderIsNotRun(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nova"), []byte("#!/bin/sh\necho run\n"), 0o755))
	t.Chdir(dir)
	t.Setenv("PATH", ".:"+os.Getenv("PATH"))
	_, e := newHelped(t, false).client(t).fails("EXEC nova", codec.NotAllowed)
	require.NotEmpty(t, e.Error())
}

func TestStandardInputIsEmptyUnlessAskedFor(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		began := time.Now()
		require.Empty(t, c.ok("EXEC cat").data)
		require.Empty(t, c.ok("SH cat").data)
		require.Less(t, time.Since(began), patience)
		r := request(t, "EXEC -i cat")
		r.Send = feed(bytes.NewReader(nil))
		got, err := c.call(t.Context(), r)
		require.NoError(t, err)
		require.Empty(t, got.data)
		r = request(t, "SH -i 'cat; echo done'")
		r.Send = feed(strings.NewReader("some input\n"))
		got, err = c.call(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, "some input\ndone\n", got.data)
	})
}

// More input than was asked for would have to be kept without end.
func TestInputBeyondWhatWasAskedForIsRefused(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		for range 10 {
			r := request(t, "EXEC -i sleep 1000")
			r.Send = sending("DATA "+strings.Repeat("x", 500_000), "DATA "+strings.Repeat("x", 500_000))
			_, err := c.call(t.Context(), r)
			c.requireCode(err, "EXEC", codec.BadRequest)
			c.ok("PING")
		}
	})
}

func TestProgramThatClosesItsInputStillEnds(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		for range 20 {
			r := request(t, "SH -i 'exec <&-; echo closed; exit 7'")
			r.Send = feed(bytes.NewReader(make([]byte, 1<<20)))
			got, err := c.call(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, "closed\n", got.data)
			require.Equal(t, codec.Pairs{{Key: "exit", Value: "7"}}, got.pairs)
		}
	})
}

func TestProgramGivesBackWholeOutputAlthoughItEndsAtOnce(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		for range 20 {
			got := c.ok("SH 'head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2'")
			require.Len(t, got.data, 300_000)
			require.Len(t, strings.Join(got.notes, ""), 200_000)
		}
	})
}

func TestProgramThatIsNoneIsSaidSo(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "empty", "")
	h.write(t, "script", "#!/no/such/interpreter\n")
	for _, name := range []string{"empty", "script"} {
		require.NoError(t, os.Chmod(filepath.Join(h.dir, name), fs.FileMode(0o755)))
	}
	c := h.client(t)
	c.fails("EXEC ./empty", codec.Unsupported)
	for _, verb := range []string{"EXEC", "EXEC -t 80x24", "RUN"} {
		_, e := c.fails(verb+" ./script", codec.NotFound)
		require.Equal(t, "./script: its interpreter is missing", e.Error(), verb)
	}
}
