package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/remote/remotetest"
)

// A namespace is a network of its own, with a folder for a server.
type namespace struct {
	name, home string
}

func newNamespace(t *testing.T) namespace {
	n := namespace{fmt.Sprintf("techshd-%d", os.Getpid()), t.TempDir()}
	if out, err := exec.Command("ip", "netns", "add", n.name).CombinedOutput(); err != nil {
		remotetest.SkipWithout(t, "no network namespaces here: ", err, string(out))
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", n.name).Run() })
	return n
}

// ip runs ip(8) with a line of words.
func (n namespace) ip(t *testing.T, line string) {
	out, err := exec.Command("ip", append([]string{"-n", n.name}, strings.Fields(line)...)...).CombinedOutput()
	require.NoError(t, err, "ip %s: %s", line, out)
}

// techshd returns a command that runs techshd in the namespace, and its two outputs.
func (n namespace) techshd(args ...string) (cmd *exec.Cmd, out, log *view) {
	cmd = exec.Command("ip", append([]string{"netns", "exec", n.name, "techshd"}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+n.home, "XDG_CONFIG_HOME="+filepath.Join(n.home, "config"))
	out, log = newView(), newView()
	cmd.Stdout, cmd.Stderr = out, log
	return cmd, out, log
}

// offered returns the addresses in the output of techshd, that of its line last.
func offered(text string) (addrs []string) {
	pattern := regexp.MustCompile(`(?m)^(?:address  |line     techsh://)([^/\n]*)`)
	for _, m := range pattern.FindAllStringSubmatch(text, -1) {
		addrs = append(addrs, m[1])
	}
	return addrs
}

func TestInvitationsHaveTheAddressesOfNow(t *testing.T) {
	n := newNamespace(t)
	for _, line := range []string{
		"link set lo up", "link add up0 type veth peer name up1", "link set up0 up", "link set up1 up",
		"link add down0 type veth peer name down1", "addr add 10.79.0.1/24 dev down0", "addr add 10.78.0.1/24 dev up0",
	} {
		n.ip(t, line)
	}
	server, out, log := n.techshd()
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGINT)
		_ = server.Wait()
		require.NotContains(t, log.String(), "refused")
	})
	remotetest.Eventually(t, "it does not start", func() bool { return strings.Contains(log.String(), "audit ") })
	require.Equal(t, []string{"10.78.0.1:8820", "10.78.0.1:8820"}, offered(out.String()))
	invited := func() []string {
		invite, out, log := n.techshd("invite")
		require.NoError(t, invite.Run(), "%s", log)
		require.NotContains(t, log.String(), "No techshd")
		return offered(out.String())
	}
	n.ip(t, "addr add 10.80.0.1/24 dev up0")
	require.Equal(t, []string{"10.78.0.1:8820", "10.80.0.1:8820", "10.78.0.1:8820"}, invited())
	n.ip(t, "addr del 10.78.0.1/24 dev up0")
	require.Equal(t, []string{"10.80.0.1:8820", "10.80.0.1:8820"}, invited())
	n.ip(t, "link set up0 down")
	require.Equal(t, []string{"127.0.0.1:8820"}, invited()[:1])
}
