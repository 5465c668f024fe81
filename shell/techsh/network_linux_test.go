package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A computer is a network namespace with its own folders.
type computer struct {
	t         *testing.T
	namespace string
	home      string
}

// newComputers creates two connected computers with the addresses 10.77.0.1 and
// 10.77.0.2.
func newComputers(t *testing.T) (helped, technician computer) {
	run := func(line string) error {
		out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
		return nil
	}
	both := make([]computer, 2)
	for i := range both {
		both[i] = computer{t, fmt.Sprintf("techsh-%d-%d", os.Getpid(), i), t.TempDir()}
		if err := run("netns add " + both[i].namespace); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip("no network namespaces here: ", err)
		}
		t.Cleanup(func() { _ = run("netns del " + both[i].namespace) })
	}
	cable := fmt.Sprintf("cable%d", os.Getpid()%10000)
	require.NoError(t, run("link add "+cable+" netns "+both[0].namespace+
		" type veth peer name cable netns "+both[1].namespace))
	for i, end := range []string{cable, "cable"} {
		in := "-n " + both[i].namespace
		require.NoError(t, run(in+" link set lo up"))
		require.NoError(t, run(fmt.Sprintf("%s addr add 10.77.0.%d/24 dev %s", in, i+1, end)))
		require.NoError(t, run(in+" link set "+end+" up"))
		require.NoError(t, run(in+" route add default dev "+end))
	}
	return both[0], both[1]
}

// command returns a command that runs on the computer.
func (c computer) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", c.namespace, name}, args...)...)
	cmd.Dir = c.home
	cmd.Env = append(os.Environ(), "HOME="+c.home, "XDG_CONFIG_HOME="+filepath.Join(c.home, "config"), "NO_COLOR=1")
	return cmd
}

// run runs a command with standard input in, and returns its combined output and its
// exit status.
func (c computer) run(in, name string, args ...string) (string, int) {
	cmd := c.command(c.t.Context(), name, args...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		require.NoError(c.t, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// ok is like run, but the command must succeed.
func (c computer) ok(in, name string, args ...string) string {
	c.t.Helper()
	out, status := c.run(in, name, args...)
	require.Zero(c.t, status, out)
	return out
}

// serve starts techshd and waits until it has printed a line that starts with label.
func (c computer) serve(label string, args ...string) (printed func() string, log *lines) {
	ctx, cancel := context.WithCancel(context.Background())
	cmd := c.command(ctx, "techshd", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out := &lines{}
	log = &lines{}
	cmd.Stdout, cmd.Stderr = out, log
	require.NoError(c.t, cmd.Start())
	c.t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
	})
	require.Eventually(c.t, func() bool { return regexp.MustCompile(`(?m)^` + label + ` .*\n`).MatchString(out.String()) },
		testTimeout, 5*time.Millisecond, "%s%s", out, log)
	return out.String, log
}

// lines collects the output of a program.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// field returns the value in the line of text that starts with label.
func field(t *testing.T, text, label string) string {
	m := regexp.MustCompile(`(?m)^` + label + ` +(.*)$`).FindStringSubmatch(text)
	require.NotNil(t, m, "no %s in %s", label, text)
	return m[1]
}

func TestTwoComputersPairAndWorkTogether(t *testing.T) {
	t.Parallel()
	helped, technician := newComputers(t)
	require.NoError(t, os.WriteFile(filepath.Join(helped.home, "notes.txt"), []byte("a note\n"), 0o600))
	printed, console := helped.serve("line")
	require.Equal(t, "10.77.0.1:8820", field(t, printed(), "address"), "that of the default route")
	line := field(t, printed(), "line")
	require.Regexp(t, `^techsh://10\.77\.0\.1:8820/[a-z2-7]{52}/[a-z2-7]{26}$`, line)

	require.Contains(t, technician.ok(line+"\n", "techsh", "pair"), "paired with ")
	name, _, _ := strings.Cut(technician.ok("", "techsh", "hosts"), " ")
	require.Equal(t, "a note\n", technician.ok("", "techsh", name, "cat", "notes.txt"))
	require.Equal(t, "a note\n", technician.ok("cat notes.txt\n", "techsh", name))
	require.Equal(t, helped.home+"\n", technician.ok("", "techsh", "10.77.0.1:8820", "pwd"))
	technician.ok("", "techsh", name, "get", "notes.txt")
	got, err := os.ReadFile(filepath.Join(technician.home, "notes.txt"))
	require.NoError(t, err)
	require.Equal(t, "a note\n", string(got))
	require.Contains(t, console.String(), "get notes.txt")
	require.Contains(t, helped.ok("", "techshd", "audit"), "get notes.txt")

	// a second technician pairs with the words, for fewer rights and a limited time
	second := computer{t, technician.namespace, t.TempDir()}
	code := helped.ok("", "techshd", "invite", "--can", "dir", "--for", "2h")
	second.ok("10.77.0.1\n"+field(t, code, "words")+"\n", "techsh", "pair")
	require.Equal(t, "notes.txt\n", second.ok("", "techsh", name, "dir", "n*"))
	out, status := second.run("", "techsh", name, "cat", "notes.txt")
	require.Equal(t, 1, status)
	require.Contains(t, out, "may not get on ")
	require.Regexp(t, ` can=dir added=\S+ until=\S+\n`, helped.ok("", "techshd", "peers"))

	// the first technician's rights are revoked while a program runs
	first := technician.command(t.Context(), "techsh", name, "exec", "sleep", "1000")
	var said bytes.Buffer
	first.Stderr = &said
	require.NoError(t, first.Start())
	require.Eventually(t, func() bool { return strings.Contains(console.String(), "sleep 1000") },
		testTimeout, 5*time.Millisecond)
	who := regexp.MustCompile(`(\S+) can=dir,get`).FindStringSubmatch(helped.ok("", "techshd", "peers"))[1]
	began := time.Now()
	helped.ok("", "techshd", "revoke", who)
	require.Error(t, first.Wait())
	t.Logf("cut %v after the order", time.Since(began))
	require.Contains(t, said.String(), "it was revoked")
	out, status = technician.run("", "techsh", name, "pwd")
	require.Equal(t, 3, status)
	require.Contains(t, out, "does not know this computer")
	second.ok("", "techsh", name, "pwd")

	// --plain refuses an address that is not loopback
	_, status = helped.run("", "techshd", "--plain", "--listen", "10.77.0.1:8821")
	require.Equal(t, 2, status)
}

func TestPlainIsNotReachedFromAnotherComputer(t *testing.T) {
	helped, technician := newComputers(t)
	printed, _ := helped.serve("auth", "--plain")
	require.Contains(t, printed(), "127.0.0.1:8820\n")
	out, status := technician.run("", "nc", "-w", "2", "10.77.0.1", "8820")
	require.NotZero(t, status, out)
	helped.ok("exit\n", "nc", "-w", "2", "127.0.0.1", "8820")
}

// TestDialGivesUpAfterFiveSeconds connects to a listener with a full queue, which
// does not respond, like a computer that is turned off.
func TestDialGivesUpAfterFiveSeconds(t *testing.T) {
	t.Parallel()
	l, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	defer syscall.Close(l)
	require.NoError(t, syscall.Bind(l, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(l, 0))
	at, err := syscall.Getsockname(l)
	require.NoError(t, err)
	addr := fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
	first, err := net.Dial("tcp", addr) // occupies the only place in the queue
	require.NoError(t, err)
	defer first.Close()
	_, err = dialTCP(t.Context(), addr)
	require.EqualError(t, err, addr+": no answer within 5s")
}
