package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A dialectServer is a techshd that serves dialects.
type dialectServer struct {
	*testing.T
	dir   string            // the working folder, which options refer to as DIR
	addrs map[string]string // addresses by dialect
	log   string            // path of the captured console output
	cmd   *exec.Cmd
}

func newDialectServer(t *testing.T, options ...string) *dialectServer {
	t.Helper()
	c := &dialectServer{T: t, dir: t.TempDir(), addrs: map[string]string{}}
	require.NoError(t, os.CopyFS(c.dir, os.DirFS("../../testdata/tree")))
	home := t.TempDir()
	c.log = filepath.Join(home, "log")
	out, err := os.Create(filepath.Join(home, "out"))
	require.NoError(t, err)
	defer out.Close()
	log, err := os.Create(c.log)
	require.NoError(t, err)
	defer log.Close()
	for i, o := range options {
		options[i] = strings.ReplaceAll(o, "DIR", c.dir)
	}
	c.cmd = exec.Command("techshd", options...)
	c.cmd.Dir, c.cmd.Stdout, c.cmd.Stderr = c.dir, out, log
	c.cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "USERPROFILE="+home, "AppData="+home,
		"LocalAppData="+home)
	require.NoError(t, c.cmd.Start())
	t.Cleanup(func() {
		if c.cmd.ProcessState == nil {
			_ = c.cmd.Process.Kill()
			_ = c.cmd.Wait()
		}
	})
	c.logs("audit    ")
	text, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		require.Len(t, fields, 2)
		c.addrs[fields[0]] = fields[1]
	}
	return c
}

// logs waits until the console output contains text, and returns the output.
func (c *dialectServer) logs(text string) string {
	c.Helper()
	for end := time.Now().Add(testTimeout); ; time.Sleep(5 * time.Millisecond) {
		b, err := os.ReadFile(c.log)
		require.NoError(c, err)
		if strings.Contains(string(b), text) {
			return string(b)
		}
		require.True(c, time.Now().Before(end), "the console does not show %q:\n%s", text, b)
	}
}

// exchanges sends a request on a new connection, and requires the reply.
func (c *dialectServer) exchanges(dialect, request, reply string) {
	c.Helper()
	conn, err := net.Dial("tcp", c.addrs[dialect])
	require.NoError(c, err)
	defer conn.Close()
	require.NoError(c, conn.SetDeadline(time.Now().Add(testTimeout)))
	_, err = conn.Write([]byte(request))
	require.NoError(c, err)
	b := make([]byte, len(reply))
	n, err := io.ReadFull(conn, b)
	require.NoError(c, err, "%q", b[:n])
	require.Equal(c, reply, string(b))
}

// techsh runs techsh and returns its output and exit status.
func (c *dialectServer) techsh(argv ...string) (out, errs string, status int) {
	c.Helper()
	cmd := exec.Command("techsh", argv...)
	var o, e strings.Builder
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.TempDir(), &o, &e
	_ = cmd.Run()
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

func framed(text string) string { return fmt.Sprintf("%04d%s", len(text), text) }

const (
	allDialects = "echo=:0,hello=:0,ex26-slide=:0,ex26=:0,ex27=:0"
	badCommand  = "0025Bad command or parameters"
)

func TestOneServerSpeaksAllDialects(t *testing.T) {
	t.Parallel()
	c := newDialectServer(t, "--dialect", allDialects, "--root", "DIR")
	host, err := os.Hostname()
	require.NoError(t, err)
	c.exchanges("echo", "Barak", "Barak")
	c.exchanges("hello", "shai", "Hello shai")
	c.exchanges("ex26", "04NAME", fmt.Sprintf("%02d%s", len(host), host))
	c.exchanges("ex26-slide", "NAME", fmt.Sprintf("%02d%s", len(host), host))
	c.exchanges("ex27", framed("DIR /")+framed("SEND_FILE /notes.txt"), framed("My Documents\nlogs\nnotes.txt\nthree.sh"))
	for _, name := range []string{"echo", "hello", "ex26", "ex26-slide", "ex27"} {
		for _, as := range []string{name, "auto"} {
			call, want := "name", host
			switch name {
			case "echo":
				call, want = "echo a b", "a b"
			case "hello":
				call, want = "echo Ann", "Hello Ann"
			case "ex27":
				call, want = "dir /logs", "a.log"
			}
			out, errs, status := c.techsh("--dialect", as, "-c", call, c.addrs[name])
			require.Zero(t, status, errs)
			require.Contains(t, out, want, "%s as %s", name, as)
		}
	}
	require.NoError(t, c.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, c.cmd.Wait())
	require.Contains(t, c.logs("draining"), "dir /logs")
}

// TestADialectsCommandsAreThoseOfAnySession requires that the jail, rights and logs
// apply to dialects too.
func TestADialectsCommandsAreThoseOfAnySession(t *testing.T) {
	c := newDialectServer(t, "--dialect", "ex27=:0", "--root", "DIR")
	for _, forbidden := range []string{
		"DIR ..", "DIR /..", "SEND_FILE ../../etc/passwd", "DELETE /", "DELETE /logs", "EXECUTE true",
		"COPY notes.txt ../x", "DIR ",
	} {
		c.exchanges("ex27", framed(forbidden), badCommand)
	}
	c.exchanges("ex27", framed("COPY notes.txt new.txt"), "0002OK")
	c.exchanges("ex27", framed("COPY notes.txt new.txt"), badCommand) // files are never replaced
	require.FileExists(t, filepath.Join(c.dir, "new.txt"))
	c.exchanges("ex27", framed("DELETE new.txt"), "0002OK")
	require.NoFileExists(t, filepath.Join(c.dir, "new.txt"))
	log := c.logs("del new.txt")
	require.Regexp(t, `(?m)^..:..:.. #\d+ ex27 127\.0\.0\.1:\d+  dir \.\.$`, log, "a request and its client")
	require.Contains(t, log, "rights   dir get put del shot info, for every client")
	require.NotContains(t, log, "STRANGERS")
	audit, err := os.ReadFile(auditOf(c))
	require.NoError(t, err)
	require.Regexp(t, `"what":"close".*"peer":"ex27 127\.0\.0\.1:\d+","from":"127\.0\.0\.1:\d+",`+
		`"verb":"del","words":"new\.txt","result":"ok"`, string(audit))

	c = newDialectServer(t, "--dialect", "ex27=:0", "--read-only")
	c.exchanges("ex27", framed("DELETE "+c.dir+"/notes.txt"), badCommand)
	c.exchanges("ex27", framed("SEND_FILE "+c.dir+"/three.sh"), "0002")
	c = newDialectServer(t, "--dialect", "ex27=:0", "--ask")
	c.exchanges("ex27", framed("EXECUTE true"), badCommand)
	c.logs("exec failed: exec has to be allowed by a person")
}

func auditOf(c *dialectServer) string {
	for line := range strings.Lines(c.logs("audit    ")) {
		if path, ok := strings.CutPrefix(line, "audit    "); ok {
			return strings.Trim(strings.TrimSpace(path), `"`)
		}
	}
	return ""
}

func TestAllowStrangersPrintsAWarning(t *testing.T) {
	c := newDialectServer(t, "--dialect", "ex27=0.0.0.0:0", "--allow-strangers", "--read-only")
	require.Contains(t, c.logs("STRANGERS ARE ALLOWED"),
		"for no password: dir get shot info. The connections are not encrypted.")
}

func TestTheShellOverADialect(t *testing.T) {
	t.Parallel()
	c := newDialectServer(t, "--dialect", "ex27=:0", "--root", "DIR", "--allow", "dir,get,put,del,exec,shot")
	addr := c.addrs["ex27"]
	const script = "copy /notes.txt /b.txt; dir /; get /b.txt; get /b.txt here.txt; ldir; del /b.txt; exec true"
	out, errs, status := c.techsh("--dialect", "ex27", "-c", script, addr)
	require.Zero(t, status, errs)
	require.Equal(t, "b.txt\nlogs\n\"My Documents\"\nnotes.txt\nthree.sh\nb.txt\nhere.txt\n", out)
	require.Empty(t, errs)

	for call, want := range map[string]string{
		"del /nosuch.txt": "del: /nosuch.txt: Bad command or parameters\n",
		"get /nosuch.txt": "get: /nosuch.txt: Bad command or parameters\n",
		"mkdir /new":      "mkdir: ex27 has no such command\n  help lists the commands\n",
		"dir -a /":        "dir: in ex27, there is no option -a\n",
		"dir -l /":        "dir: in ex27, a listing has only names\n",
		"dir '/My Files'": "dir: \"/My Files\": ex27 separates by spaces: there can be none in a word\n",
	} {
		_, errs, status := c.techsh("--dialect", "ex27", "-c", call, addr)
		require.Equal(t, 1, status, call)
		require.Equal(t, want, errs)
	}
	out, _, _ = c.techsh("--dialect", "ex27", "-c", "help", addr)
	for _, name := range []string{"dir|ls", "del|rm", "copy|cp", "exec|run", "shot|screenshot", "get"} {
		require.Contains(t, "\n"+out, "\n"+name+" ", "help lists the commands of the dialect")
	}
	require.NotContains(t, out, "\nmkdir")
	require.NotContains(t, out, "\ntime")
}

func TestTheCommandLineOfDialects(t *testing.T) {
	c := &dialectServer{T: t}
	for _, row := range []struct {
		argv   []string
		status int
		want   string
	}{
		{[]string{"--dialect", "ex28", "127.0.0.1"}, 2, `there is no dialect "ex28": echo, hello, ex26-slide, ex26, ex27`},
		{[]string{"--dialect", "ex27", "--plain"}, 2, "--dialect and --plain do not go together"},
		{[]string{"--dialect", "ex27", "--via", "x"}, 2, "--dialect and --via do not go together"},
		{[]string{"--dialect", "ex27", "--wire", "w", "--full"}, 2, "--dialect and --full do not go together"},
		{[]string{"--dialect", "ex27", "127.0.0.1:1", "dir"}, 3, "127.0.0.1:1: "},
	} {
		_, errs, status := c.techsh(row.argv...)
		require.Equal(t, row.status, status, row.argv)
		require.Contains(t, errs, row.want)
	}
	for _, row := range [][]string{
		{"--allow-strangers goes with --dialect", "--allow-strangers"},
		{"--dialect and --plain do not go together", "--dialect", "ex27", "--plain"},
		{"--dialect and --stdio do not go together", "--dialect", "ex27", "--stdio"},
		{"--dialect and --listen do not go together", "--dialect", "ex27", "--listen", ":1"},
		{"not a loopback address", "--dialect", "ex27=0.0.0.0:0"},
		{"there is no dialect", "--dialect", "techsh"},
	} {
		cmd := exec.Command("techshd", row[1:]...)
		out, _ := cmd.CombinedOutput()
		require.Equal(t, 2, cmd.ProcessState.ExitCode(), row)
		require.Contains(t, string(out), row[0])
	}
}

// TestDoctorOfNoDialect tests a server that sends something before it receives a
// request.
func TestDoctorOfNoDialect(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_, _ = io.WriteString(conn, "hm?")
			_, _ = io.Copy(io.Discard, conn)
			conn.Close()
		}
	}()
	c := &dialectServer{T: t}
	out, errs, status := c.techsh("--dialect", "auto", "doctor", l.Addr().String())
	require.Equal(t, 3, status)
	require.Regexp(t, `(?m)^ok    TCP .*\nFAIL  dialect .* it said "hm\?" before it was asked anything$`, out)
	require.Equal(t, "doctor: "+l.Addr().String()+": dialect failed\n", errs)
}

// TestTwoHundredClientsOfTechshd connects as many clients at once as there are in a
// large class.
func TestTwoHundredClientsOfTechshd(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("other systems have one loopback address, and one address has fewer clients")
	}
	c := newDialectServer(t, "--dialect", "ex27=:0", "--root", "DIR")
	var conns []net.Conn
	for i := range 200 {
		from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+i%4))}}
		conn, err := from.Dial("tcp", c.addrs["ex27"])
		require.NoError(t, err)
		defer conn.Close()
		require.NoError(t, conn.SetDeadline(time.Now().Add(testTimeout)))
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		_, err := io.WriteString(conn, framed("DIR logs"))
		require.NoError(t, err)
	}
	want := framed("a.log\nb.log")
	for _, conn := range conns {
		b := make([]byte, 4)
		_, err := io.ReadFull(conn, b)
		require.NoError(t, err)
		require.Equal(t, want[:4], string(b))
	}
}
