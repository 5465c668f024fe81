package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A pythonClient runs testdata/python/techsh.py, which was written only from the
// specification in codec/doc.go. If it fails with techshd, then the client, the
// server or the specification is wrong.
type pythonClient struct {
	*testing.T
	python string
	dir    string // its working directory
	env    []string

	pythonArgs []string // arguments of techsh.py that select the server
	techshArgs []string // arguments of techsh that select the server
}

func newPythonClient(t *testing.T) *pythonClient {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("python3 is missing: a client is written in it")
	}
	dir := t.TempDir()
	env := append(os.Environ(),
		"HOME="+dir,
		"XDG_CONFIG_HOME="+filepath.Join(dir, "config"),
		"NO_COLOR=1",
		"DISPLAY="+startX(t),
		"WAYLAND_DISPLAY=",
		"XDG_SESSION_TYPE=",
	)
	return &pythonClient{T: t, python: python, dir: dir, env: env}
}

// serve starts techshd, which ends with the test, waits until its output contains a
// line that starts with label, and returns the output.
func (s *pythonClient) serve(label string, args ...string) string {
	s.Helper()
	cmd := exec.Command("techshd", append(args, "--listen", "127.0.0.1:0")...)
	cmd.Env = append(s.env, "XDG_CONFIG_HOME="+filepath.Join(s.dir, "theirs"))
	var printed lines
	cmd.Stdout = &printed
	require.NoError(s, cmd.Start())
	s.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line := regexp.MustCompile(`(?m)^` + label + ` .*\n`)
	require.Eventually(s, func() bool { return line.MatchString(printed.String()) }, testTimeout, 5*time.Millisecond)
	return printed.String()
}

// run runs a program with standard input in, and returns its output and exit status.
func (s *pythonClient) run(in, name string, args ...string) (out, errs string, status int) {
	s.Helper()
	cmd := exec.CommandContext(s.Context(), name, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = s.dir, s.env, strings.NewReader(in)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		require.NoError(s, err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// asks runs the Python client.
func (s *pythonClient) asks(in string, args ...string) (out, errs string, status int) {
	s.Helper()
	program, err := filepath.Abs("../../testdata/python/techsh.py")
	require.NoError(s, err)
	return s.run(in, s.python, append(append([]string{program}, s.pythonArgs...), args...)...)
}

// gets is like asks, but the command must succeed and print nothing to standard
// error.
func (s *pythonClient) gets(args ...string) string {
	s.Helper()
	out, errs, status := s.asks("", args...)
	require.Zero(s, status, errs)
	require.Empty(s, errs)
	return out
}

// techsh runs techsh, which must succeed.
func (s *pythonClient) techsh(args ...string) string {
	s.Helper()
	out, errs, status := s.run("", "techsh", append(append([]string{}, s.techshArgs...), args...)...)
	require.Zero(s, status, errs)
	return out
}

func (s *pythonClient) write(name, text string, mode os.FileMode) string {
	s.Helper()
	path := filepath.Join(s.dir, name)
	require.NoError(s, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(s, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(s, os.Chmod(path, mode))
	return path
}

// same requires that two files have the same content, and that b has the given mode.
func (s *pythonClient) same(a, b string, mode os.FileMode) {
	s.Helper()
	want, err := os.ReadFile(a)
	require.NoError(s, err)
	got, err := os.ReadFile(b)
	require.NoError(s, err)
	require.True(s, bytes.Equal(want, got), "%s and %s differ", a, b)
	fi, err := os.Stat(b)
	require.NoError(s, err)
	require.Equal(s, mode, fi.Mode().Perm())
}

// TestTheSpecificationIsEnoughForAClient compares the results of the Python client
// with those of techsh and with the files.
func TestTheSpecificationIsEnoughForAClient(t *testing.T) {
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		s := newPythonClient(t)
		card := s.serve("auth", "--plain")
		addr, _, _ := strings.Cut(card, "\n")
		s.env = append(s.env, "TECHSH_COOKIE="+field(t, card, "auth"))
		s.pythonArgs, s.techshArgs = []string{addr}, []string{"--plain", addr}
		s.checks()

		s.env = append(s.env, "TECHSH_COOKIE=guessed")
		_, errs, status := s.asks("", "list", s.dir)
		require.Equal(t, 1, status)
		require.Contains(t, errs, "not-allowed")
	})
	t.Run("TLS", func(t *testing.T) {
		t.Parallel()
		s := newPythonClient(t)
		line := field(t, s.serve("line"), "line")
		_, errs, status := s.run(line+"\n", "techsh", "pair")
		require.Zero(t, status, errs)
		parts := strings.Split(line, "/")
		addr, id := parts[2], parts[3]
		mine := filepath.Join(s.dir, "config", "techsh", "identity.pem")
		s.pythonArgs, s.techshArgs = []string{"--tls", mine, "--pin", id, addr}, []string{addr}
		s.checks()

		s.pythonArgs[3] = strings.Repeat("a", len(id))
		_, errs, status = s.asks("", "list", s.dir)
		require.Equal(t, 1, status)
		require.Contains(t, errs, "this is another server, its ID is "+id)
		// an identity that the server is not paired with
		s.pythonArgs[1], s.pythonArgs[3] = filepath.Join(s.dir, "theirs", "techsh", "identity.pem"), id
		_, errs, status = s.asks("", "list", s.dir)
		require.Equal(t, 1, status)
		require.Contains(t, errs, "unpaired")
	})
}

func (s *pythonClient) checks() {
	s.lists()
	s.transfers()
	s.executes()
	s.sees()
}

func (s *pythonClient) lists() {
	const odd = "-r *\t~\x1b[2J\xff"
	names := []string{"a b", "plain.txt", "שלום", odd, ".hidden", `say "hi"`, "don't"}
	for _, name := range names {
		s.write("listed/"+name, name, 0o640)
	}
	folder := filepath.Join(s.dir, "listed")
	require.NoError(s, os.Symlink("plain.txt", filepath.Join(folder, "link")))
	out := s.gets("list", folder)
	require.Equal(s, len(names)+1, strings.Count(out, "\n"), out)
	require.NotContains(s, out, "\x1b")
	for _, row := range []string{
		`f 0640 +9 \S+Z plain\.txt`,
		`f 0640 +3 \S+Z "a b"`,
		`f 0640 +8 \S+Z "say ""hi"""`,
		`f 0640 +8 \S+Z שלום`,
		`f 0640 +11 \S+Z e"-r \*\\t~\\x1b\[2J\\xff"`,
		`l 0777 +\S+ \S+Z link -> plain\.txt`,
	} {
		require.Regexp(s, `(?m)^`+row+`$`, out)
	}
	require.Equal(s, len(names)+1, strings.Count(s.techsh("dir", "-a", folder), "\n"), "as many as techsh lists")
	_, errs, status := s.asks("", "list", filepath.Join(s.dir, "nowhere"))
	require.Equal(s, 1, status)
	require.Contains(s, errs, "not-found: no such file or folder: name=")
}

// transfers gets and puts large and empty files, and one with an unusual name.
func (s *pythonClient) transfers() {
	large := strings.Repeat("0123456789abcdef\x00\xff\n", 20_000) // more than fits into a frame
	for name, text := range map[string]string{"large": large, "empty": "", "*~ \xff\n": "one"} {
		from := s.write("from/"+name, text, 0o750)
		at, ours := filepath.Join(s.dir, "got"), filepath.Join(s.dir, "ours")
		s.gets("get", from, at)
		s.same(from, at, 0o750)
		s.techsh("get", from, ours)
		s.same(ours, at, 0o750)
		put := filepath.Join(s.dir, "put", name)
		require.NoError(s, os.MkdirAll(filepath.Dir(put), 0o700))
		s.gets("put", at, put)
		s.same(from, put, 0o750)
		before, err := os.Stat(at)
		require.NoError(s, err)
		after, err := os.Stat(put)
		require.NoError(s, err)
		require.Equal(s, before.ModTime(), after.ModTime())
		_, errs, status := s.asks("", "put", at, put)
		require.Equal(s, 1, status)
		require.Contains(s, errs, "exists", "nothing is replaced")
		require.NoError(s, os.Remove(at))
		require.NoError(s, os.Remove(ours))
	}
	_, errs, status := s.asks("", "get", s.dir, filepath.Join(s.dir, "got"))
	require.Equal(s, 1, status)
	require.Contains(s, errs, "is-directory")
	require.NoFileExists(s, filepath.Join(s.dir, "got"))
}

func (s *pythonClient) executes() {
	out, errs, status := s.asks("", "exec", "sh", "-c", "echo out; echo err >&2; exit 7", "sh")
	require.Equal(s, []any{"out\n", "err\n", 7}, []any{out, errs, status})
	_, _, status = s.asks("", "exec", "sh", "-c", "kill -9 $$")
	require.Equal(s, 128+9, status)
	words := []string{"-r", "*", "~", "", "a b", `"`, "e\"x\"", "\xff\n"}
	want := strings.Join(words, "|") + "|"
	require.Equal(s, want, s.gets(append([]string{"exec", "printf", "%s|"}, words...)...), "each word arrives unchanged")
	much := strings.Repeat("much of it\n", 100_000) // more than the credit of a stream
	out, errs, status = s.asks(much, "exec", "cat")
	require.Zero(s, status, errs)
	require.True(s, much == out, "%d bytes of %d came back", len(out), len(much))
	_, errs, status = s.asks("", "exec", "techsh-no-such-program")
	require.Equal(s, 1, status)
	require.Contains(s, errs, "not-found")
}

// sees compares a picture of the screen with that of techsh.
func (s *pythonClient) sees() {
	theirs, ours := filepath.Join(s.dir, "theirs.png"), filepath.Join(s.dir, "ours.png")
	s.gets("shot", theirs)
	s.techsh("shot", "-o", ours)
	s.same(ours, theirs, 0o600)
}
