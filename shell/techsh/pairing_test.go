//go:build unix

package main

import (
	"bufio"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
)

// A pairingServer is a techshd process that listens with TLS, and its folder.
type pairingServer struct {
	t      *testing.T
	folder string
	env    []string
	cmd    *exec.Cmd
}

// newPairingServer starts techshd. card contains the values that techshd prints, by
// label.
func newPairingServer(t *testing.T) (h *pairingServer, card map[string]string) {
	t.Helper()
	config := t.TempDir()
	h = &pairingServer{t: t, folder: filepath.Join(config, "techsh"), env: append(os.Environ(), "XDG_CONFIG_HOME="+config)}
	h.cmd = exec.Command("techshd", "--listen", "127.0.0.1:0")
	h.cmd.Env = h.env
	out, err := h.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, h.cmd.Start())
	t.Cleanup(func() {
		_ = h.cmd.Process.Kill()
		_ = h.cmd.Wait()
	})
	return h, cardOf(t, out)
}

// cardOf reads the labels and values that techshd prints, up to the pairing line.
func cardOf(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	card := map[string]string{}
	lines := bufio.NewScanner(r)
	for card["line"] == "" && lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		card[name] = strings.TrimSpace(value)
	}
	require.NoError(t, lines.Err())
	require.NotEmpty(t, card["line"])
	return card
}

// does runs another techshd command in the same folder, and returns its output.
func (h *pairingServer) does(argv ...string) string {
	h.t.Helper()
	cmd := exec.Command("techshd", argv...)
	cmd.Env = h.env
	out, err := cmd.Output()
	require.NoError(h.t, err)
	return string(out)
}

func ourHost(t *testing.T) string {
	host, err := os.Hostname()
	require.NoError(t, err)
	return trust.CleanName(host)
}

func TestPairingWithAPastedLineReachesThePrompt(t *testing.T) {
	t.Parallel()
	_, card := newPairingServer(t)
	home := t.TempDir()
	x := newSessionIn(t, home, home, 200, 40, "pair")
	x.atPrompt("pairing line, or address:")
	x.types("what line?\r")
	x.sees("is neither a pairing line nor an address")
	x.atPrompt("pairing line, or address:")
	x.types(card["line"] + "\r")
	x.sees("from now on: techsh " + ourHost(t))
	x.sees("connected to ")
	x.atPrompt(">")
	x.types("open \t")
	x.atPrompt("> open " + ourHost(t))
	x.types("\r")
	x.waits("greet again", func(text string) bool { return strings.Count(text, "connected to ") == 2 })
	x.atPrompt(">")
	x.runs("say I am here")
	x.sees("the person at the remote can read it on techshd's console")
	x.types("\x1b[A\x1b[A")
	x.atPrompt("> open " + ourHost(t))
	x.types("\x03")
	x.leaves()
	line, err := trust.ParsePairingLine(card["line"])
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var b []byte
			b, err = os.ReadFile(path)
			require.NotContains(t, string(b), line.Token, path)
		}
		return err
	}))
}

func TestRestrictedRightsAndTheirEndAreShown(t *testing.T) {
	t.Parallel()
	h, _ := newPairingServer(t)
	card := cardOf(t, strings.NewReader(h.does("invite", "--can", "dir,get")))
	home := t.TempDir()
	x := newSessionIn(t, home, home, 200, 40, "pair")
	x.atPrompt("pairing line, or address:")
	x.types(card["address"] + "\r")
	x.atPrompt("the four words:")
	x.types("one two three four\r")
	x.sees("one is not a word of a pairing code")
	x.atPrompt("the four words:")
	x.types(card["words"] + "\r")
	x.sees("you may dir get")
	x.atPrompt(">")
	x.runs("exi") // an abbreviation of exit
	require.Zero(t, x.ends())
	peers := strings.Fields(h.does("peers"))
	y := newSessionIn(t, home, home, 200, 40, ourHost(t))
	y.sees("the remote calls you " + peers[1] + "; you may dir get")
	y.atPrompt(">")
	y.types("half a li")
	folder, err := trust.Open(h.folder)
	require.NoError(t, err)
	known, err := folder.Peers()
	require.NoError(t, err)
	known[0].Can = trust.Dir
	_, err = folder.AddPeer(known[0])
	require.NoError(t, err)
	y.sees("\n" + ourHost(t) + ": " + peers[1] + " may now: dir\n")
	y.atPrompt("> half a li")
	y.types("\x03")
	h.does("revoke", peers[1])
	y.sees("no longer lets this computer in: it was revoked")
	y.sees(`ask its owner to run "techshd invite"`)
	y.atPrompt("not connected>")
	y.leaves()
}

func TestAFailedPairingEndsWithStatus3(t *testing.T) {
	t.Parallel()
	h, card := newPairingServer(t)
	home := t.TempDir()
	x := newSessionIn(t, home, home, 200, 40, "pair")
	x.atPrompt("pairing line, or address:")
	line, err := trust.ParsePairingLine(card["line"])
	require.NoError(t, err)
	line.Token = strings.Repeat("a2", 13)
	x.types(line.String() + "\r")
	x.sees("wrong pairing code, 2 tries left. Not paired.")
	require.Equal(t, 3, x.ends())
	require.Empty(t, h.does("peers"))
}

// BenchmarkStart measures a complete run of the program: the embedded server, two
// identities, TLS and a call.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		require.NoError(b, exec.Command("techsh", "-c", "ping").Run())
	}
}
