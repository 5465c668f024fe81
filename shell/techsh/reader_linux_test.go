package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/shelltest"
	"techsh/shell/shelltest/terminal"
)

// A reader executes a page of the manual on two computers: bob's laptop, and ann's
// office-pc, on which techshd runs.
type reader struct {
	*testing.T
	laptop, office string // home folders
	display        string // the DISPLAY of office-pc
	host           string // the actual name of both computers

	server  *exec.Cmd
	out     string // file with the standard output of the server
	addr    string
	cookie  string
	line    string        // the pairing line
	wire    *eavesdropper // in front of a server without TLS
	session *session      // the session at the prompt
	paired  bool
}

// newReader returns a reader whose home folders contain the files that the pages
// mention.
func newReader(t *testing.T, topic string) *reader {
	for _, program := range []string{"sh", "printf", "nc", "tail", "openssl"} {
		if _, err := exec.LookPath(program); err != nil && os.Getenv("CI") == "true" {
			t.Fatal(err)
		} else if err != nil {
			t.Skip(err)
		}
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	r := &reader{
		T:      t,
		laptop: filepath.Join(dir, "laptop"),
		office: filepath.Join(dir, "office"),
		out:    filepath.Join(dir, "techshd.out"),
		host:   ourHost(t),
	}
	if topic == "screen" {
		r.display = startX(t)
	}
	require.NoError(t, os.Mkdir(r.laptop, 0o755))
	tree := os.DirFS(shelltest.CopyTree(t))
	require.NoError(t, os.CopyFS(r.office, tree))
	require.NoError(t, os.CopyFS(filepath.Join(r.office, "testdata/tree"), tree))
	for path, text := range map[string]string{
		filepath.Join(r.laptop, "names.txt"):       "carol\nbob\nann\n",
		filepath.Join(r.laptop, "check.tsh"):       "cd logs\ndir\nget -f a.log\n",
		filepath.Join(r.laptop, "site/index.html"): "<p>under construction</p>\n",
		filepath.Join(r.office, "big.iso"):         strings.Repeat("big.iso\n", 1<<20),
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	bin := filepath.Join(dir, "bin") // contains stand-ins for programs that may not be installed
	require.NoError(t, os.Mkdir(bin, 0o755))
	for name, script := range map[string]string{"systemctl": "", "ssh": "shift\nexec \"$@\"\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script), 0o755))
	}
	t.Cleanup(func() {
		if r.server != nil { // the test has failed
			_ = r.server.Process.Kill()
			_ = r.server.Wait()
		}
	})
	return r
}

// command returns a command on one of the computers.
func (r *reader) command(home string, words ...string) *exec.Cmd {
	cmd := exec.CommandContext(r.Context(), words[0], words[1:]...)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME=", "DISPLAY="+r.display, "WAYLAND_DISPLAY=",
		"XDG_SESSION_TYPE=", "TERM=xterm-256color", "PATH="+filepath.Join(filepath.Dir(home), "bin")+":"+os.Getenv("PATH"))
	return cmd
}

// real returns a line of a page with the actual names and addresses.
func (r *reader) real(line string) string {
	if r.addr != "" {
		addr := r.addr
		if r.wire != nil {
			addr = r.wire.Addr().String()
		}
		line = strings.NewReplacer("office-pc:8820", addr, "127.0.0.1:8820", addr, "127.0.0.1 8820",
			strings.Replace(addr, ":", " ", 1), "--dialect auto 127.0.0.1", "--dialect auto "+addr).Replace(line)
	}
	return strings.NewReplacer("office-pc", r.host, "bob@laptop", ownName(), "COOKIE=COOKIE", "COOKIE="+r.cookie,
		"auth COOKIE", "auth "+r.cookie).Replace(line)
}

// shell runs a line in a shell: on office-pc if it is a line for techshd, or else on
// the laptop.
func (r *reader) shell(line string) string {
	home := r.laptop
	switch {
	case strings.HasPrefix(line, "techshd "):
		home = r.office
	case strings.Contains(line, "office-pc"):
		r.pairs()
	}
	cmd := r.command(home, "sh", "-c", r.real(line))
	if strings.HasPrefix(line, "openssl ") {
		cmd.Stdin = strings.NewReader("ping\nexit\n")
	}
	out, err := cmd.CombinedOutput()
	require.NoError(r, err, "%s: %s", line, out)
	return string(out)
}

// starts replaces the running server by a new techshd, and returns its standard
// output.
func (r *reader) starts(words []string) string {
	r.ends()
	plain, dialect := false, false
	for i, w := range words {
		switch {
		case w == "--plain":
			plain = true
		case w == "--dialect":
			dialect = true
			name, _, _ := strings.Cut(words[i+1], "=")
			words[i+1] = name + "=127.0.0.1:0"
		}
	}
	if !dialect {
		words = append(words, "--listen", "127.0.0.1:0")
	}
	for i, w := range words {
		if w == "/srv/shared" {
			words[i] = filepath.Join(r.office, "logs")
		}
	}
	out, err := os.Create(r.out)
	require.NoError(r, err)
	defer out.Close()
	r.server = r.command(r.office, words...)
	r.server.Stdout = out
	require.NoError(r, r.server.Start())
	first := "\n"
	if !plain && !dialect && !r.paired {
		first = "\nline  "
	}
	text := r.printed(func(text string) bool { return strings.Contains(text, first) && strings.HasSuffix(text, "\n") })
	switch fields := strings.Fields(text); {
	case plain:
		text = r.printed(func(text string) bool { return strings.Count(text, "\n") > 1 })
		r.addr, r.cookie = fields[0], strings.Fields(text)[2]
	case dialect:
		r.addr = fields[len(fields)-1]
	default:
		r.addr = fields[1]
		if _, line, ok := strings.Cut(text, "\nline "); ok {
			r.line = strings.TrimSpace(line)
		}
	}
	if plain || dialect {
		r.wire = eavesdrop(r.T, r.addr)
	}
	return r.mask(text)
}

// printed waits until the server's standard output is complete.
func (r *reader) printed(complete func(text string) bool) string {
	for end := time.Now().Add(terminal.Timeout); ; time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(r.out)
		require.NoError(r, err)
		if complete(string(text)) {
			return string(text)
		}
		require.True(r, time.Now().Before(end), "techshd prints %s", text)
	}
}

// ends ends the session and the server.
func (r *reader) ends() {
	r.leave()
	if r.server != nil {
		if r.wire != nil {
			r.wire.close()
		}
		_ = r.server.Process.Signal(os.Interrupt)
		require.NoError(r, r.server.Wait())
	}
	r.server, r.wire, r.addr = nil, nil, ""
}

// pairs makes office-pc a known computer of the laptop.
func (r *reader) pairs() {
	if r.server == nil || r.wire != nil {
		r.starts([]string{"techshd"})
	}
	if !r.paired {
		r.paired = true
		cmd := r.command(r.laptop, "techsh", "pair")
		cmd.Stdin = strings.NewReader(r.line)
		out, err := cmd.CombinedOutput()
		require.NoError(r, err, "%s", out)
	}
}

// sits starts techsh at its prompt, and returns the text on the terminal above the
// prompt.
func (r *reader) sits(words []string) string {
	pairs := words[len(words)-1] == "pair"
	if strings.HasSuffix(strings.Join(words, " "), "office-pc") {
		r.pairs()
	}
	r.session = newSessionOf(r.T, r.command(r.laptop, "sh", "-c", "exec "+r.real(strings.Join(words, " "))), 160, 300)
	if pairs {
		r.paired = true
		r.session.atPrompt("address:")
		r.session.types(r.line + "\r")
	}
	r.session.atPrompt(">")
	text := r.session.text()
	return r.mask(text[:strings.LastIndex(text, "\n")+1])
}

// leave ends the session at the prompt, if there is one.
func (r *reader) leave() {
	if r.session != nil {
		r.session.leaves()
	}
	r.session = nil
}

// atPrompt types a line at the prompt, and returns its output.
func (r *reader) atPrompt(line string) string {
	if r.session == nil {
		r.sits([]string{"techsh", "office-pc"})
	}
	before := strings.Count(r.session.text(), "\n")
	r.session.runs(r.real(line))
	r.session.waits("show a prompt again", func(text string) bool {
		return strings.Count(text, "\n") > before && strings.HasSuffix(text, ">")
	})
	rows := strings.Split(r.session.text(), "\n")
	require.False(r, r.session.hasRed(before+1, len(rows)-1), "%s", strings.Join(rows[before:], "\n"))
	printed := strings.Join(rows[before+1:len(rows)-1], "\n")
	if printed != "" {
		printed += "\n"
	}
	return r.mask(printed)
}

// hasRed reports whether one of the rows begins with an error, which is red.
func (x *session) hasRed(from, to int) bool {
	for row := from; row < to; row++ {
		if cell := x.Screen.CellAt(0, row); cell != nil && cell.Style.Fg != nil {
			if r, g, b, _ := cell.Style.Fg.RGBA(); r > 0x7000 && g < 0x1000 && b < 0x1000 {
				return true
			}
		}
	}
	return false
}

// talks types the lines of a conversation by hand, and returns them with the received
// answers.
func (r *reader) talks(shown []string) string {
	var session strings.Builder
	for _, line := range shown {
		session.WriteString(strings.TrimPrefix(line, pageIndent))
	}
	conn, err := net.Dial("tcp", r.addr)
	require.NoError(r, err)
	defer conn.Close()
	require.NoError(r, conn.SetDeadline(time.Now().Add(terminal.Timeout)))
	var got strings.Builder
	for rest := session.String(); rest != ""; {
		line, after, _ := strings.Cut(rest, "\n")
		got.WriteString(line + "\n")
		if strings.HasPrefix(line, "auth ") {
			line = "auth " + r.cookie
		}
		_, err := io.WriteString(conn, line+"\n")
		require.NoError(r, err)
		expected := strings.NewReader(after)
		if hasAnswer(line) {
			got.WriteString(r.frames(conn))
			r.frames(expected)
		}
		rest = after[len(after)-expected.Len():]
	}
	return got.String()
}

// hasAnswer reports whether a line typed by hand is answered.
func hasAnswer(line string) bool {
	switch word, _, _ := strings.Cut(line, " "); word {
	case "put", "file", "data", "sum":
		return false
	}
	return true
}

// frames reads frames up to the end of an answer. It returns them masked, with
// lengths adjusted to the masked text.
func (r *reader) frames(from io.Reader) string {
	var out strings.Builder
	for {
		header := make([]byte, codec.HeaderSize)
		_, err := io.ReadFull(from, header)
		require.NoError(r, err, "after %s", out.String())
		var n int
		_, err = fmt.Sscanf(string(header[5:15]), "%010d", &n)
		require.NoError(r, err, "%q", header)
		body := make([]byte, n)
		_, err = io.ReadFull(from, body)
		require.NoError(r, err)
		masked := shelltest.Mask(string(body), r.office)
		fmt.Fprintf(&out, "%s%010d\n%s", header[:5], len(masked), masked)
		switch string(bytes.TrimSpace(header[:4])) {
		case "OK", "ERR", "HELO":
			return out.String()
		}
	}
}

// crossed returns the bytes sent and received on the connections of the last line.
func (r *reader) crossed() string {
	if r.wire == nil {
		return ""
	}
	r.wire.conns.Wait()
	return r.wire.rows()
}

// mask replaces what differs from run to run.
func (r *reader) mask(text string) string {
	text = maskCourseClock(text)
	addr := "192.0.2.7:8820"
	if r.wire != nil {
		addr = "127.0.0.1:8820"
	}
	for _, m := range []struct{ pattern, mask string }{
		{regexp.QuoteMeta(r.office), "/home/ann"},
		{regexp.QuoteMeta(r.laptop), "/home/bob"},
		{`\S+@` + regexp.QuoteMeta(r.host), "bob@laptop"},
		{`\b` + regexp.QuoteMeta(r.host) + `\b`, "office-pc"},
		{`connected to (\S+) as [^,]+,`, "connected to $1 as ann,"},
		{`techsh://\S+`, "techsh://192.0.2.7:8820/k3vq77ab…w3tem5qa/7jc2…"},
		{`([a-z2-7]{4}-){12}[a-z2-7]{4}`, "k3vq-77ab-ct5d-x2lw-6m4e-oqz3-hs5y-f7rn-uj2g-p4ab-zvkd-w3te-m5qa"},
		{`[a-z2-7]{4}-[a-z2-7]{4}…`, "k3vq-77ab…"},
		{`(?m)^words( +).*`, "words${1}tiger river stone cloud"},
		{`(?m)^address( +).*`, "address${1}192.0.2.7:8820"},
		{`127\.0\.0\.1:\d{4,5}`, addr},
		{`\b[a-z2-7]{52}\b`, "k3vq77abct5dx2lw6m4eoqz3hs5yf7rnuj2gp4abzvkdw3tem5qa"},
		{`auth [a-z2-7]{26}`, "auth q7hzk2vmd4x3tn5bw6cj2rg4ya"},
		{`\d{8}-\d{6}_d`, "20261122-120000_d"},
		{`(?m)^\d\d:\d\d:\d\d `, "12:00:00 "},
		{`\d{4}-\d\d-\d\d( +\d\d:\d\d:\d\d)?`, "2026-11-22$1"},
		{`\b\d+ ms\b`, "9 ms"},
	} {
		text = regexp.MustCompile(m.pattern).ReplaceAllString(text, m.mask)
	}
	return shelltest.Mask(text, r.office)
}

// maskCourseClock replaces a time by the time on the page.
func maskCourseClock(text string) string {
	text = regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{6}`).ReplaceAllString(text, "12:58:16.397874")
	return regexp.MustCompile(`[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}`).
		ReplaceAllString(text, "Sun Nov 22 12:58:17 2026")
}
