package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// startX starts an X server with a black screen and returns its DISPLAY.
func startX(t *testing.T) string { return startXWith(t, "-screen", "0", "320x200x24") }

// startXWith starts an X server with the given options.
func startXWith(t *testing.T, options ...string) string {
	t.Helper()
	if _, err := exec.LookPath("Xvfb"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	number, theirs, err := os.Pipe()
	require.NoError(t, err)
	defer number.Close()
	cmd := exec.Command("Xvfb", append([]string{"-noreset", "-nolisten", "tcp", "-displayfd", "3"}, options...)...)
	cmd.ExtraFiles = []*os.File{theirs}
	require.NoError(t, cmd.Start())
	theirs.Close()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // fails because it was terminated
	}()
	t.Cleanup(func() {
		for { // Xvfb ignores a signal that arrives before it waits for clients
			_ = cmd.Process.Signal(syscall.SIGTERM)
			select {
			case <-ended:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	require.NoError(t, number.SetReadDeadline(time.Now().Add(testTimeout)))
	line, err := bufio.NewReader(number).ReadString('\n')
	require.NoError(t, err)
	return ":" + strings.TrimSpace(line)
}

// An imageTerminal runs techsh at a terminal that answers queries as the test
// specifies. Unlike shelltest/terminal, it has no emulated screen, which would give
// its own answers.
type imageTerminal struct {
	*testing.T
	pty     *os.File
	dir     string
	answers map[string]string

	mu      sync.Mutex
	sent    string
	changed chan struct{} // receives a value after a change
}

func newImageTerminal(t *testing.T, display string, answers map[string]string, argv ...string) *imageTerminal {
	t.Helper()
	program, err := exec.LookPath("techsh")
	require.NoError(t, err)
	c := &imageTerminal{T: t, dir: t.TempDir(), answers: answers, changed: make(chan struct{}, 1)}
	cmd := exec.Command(program, argv...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(),
		"TERM=xterm-256color",
		"HOME="+c.dir,
		"XDG_CONFIG_HOME="+filepath.Join(c.dir, ".config"),
		"DISPLAY="+display,
		"WAYLAND_DISPLAY=",
		"XDG_SESSION_TYPE=",
	)
	c.pty, err = pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	require.NoError(t, err)
	over := make(chan struct{})
	go func() {
		defer close(over)
		c.listen()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		<-over
		c.pty.Close()
	})
	return c
}

// listen answers queries in the order in which they are received.
func (c *imageTerminal) listen() {
	buf, pending := make([]byte, 64<<10), ""
	for {
		n, err := c.pty.Read(buf)
		if err != nil {
			return
		}
		c.mu.Lock()
		c.sent += string(buf[:n])
		c.mu.Unlock()
		pending += string(buf[:n])
		for {
			at, question := len(pending), ""
			for q := range c.answers {
				if i := strings.Index(pending, q); i >= 0 && i < at {
					at, question = i, q
				}
			}
			if question == "" {
				break
			}
			pending = pending[at+len(question):]
			_, _ = c.pty.WriteString(c.answers[question])
		}
		select {
		case c.changed <- struct{}{}:
		default:
		}
	}
}

func (c *imageTerminal) types(keys string) {
	c.Helper()
	_, err := c.pty.WriteString(keys)
	require.NoError(c, err)
}

// gets waits until the output matches pattern, and returns the output from the end of
// the previous match to the end of this one.
func (c *imageTerminal) gets(pattern string) string {
	c.Helper()
	re := regexp.MustCompile("(?s)" + pattern)
	timeout := time.NewTimer(testTimeout)
	defer timeout.Stop()
	for {
		c.mu.Lock()
		text := c.sent
		at := re.FindStringIndex(text)
		if at != nil {
			c.sent = text[at[1]:]
		}
		c.mu.Unlock()
		if at != nil {
			return text[:at[1]]
		}
		select {
		case <-c.changed:
		case <-timeout.C:
			c.Fatalf("%q does not come, but %q", pattern, text[max(0, len(text)-400):])
		}
	}
}

// atPrompt matches a prompt at which a line can be typed.
const atPrompt = "> \r\x1b\\[[0-9]+C\x1b7$"

// TestAShotIsDrawnAtThePrompt requires that shot draws with the protocol that the
// terminal supports, and that no answer of the terminal becomes part of the next
// line.
func TestAShotIsDrawnAtThePrompt(t *testing.T) {
	display := startX(t)
	const (
		version    = "\x1b[>c"
		kitty      = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
		sixel      = "\x1b[?2;1;0S"
		iterm      = "\x1b]1337;ReportCellSize\x1b\\"
		attributes = "\x1b[c"
		halfBlocks = "\x1b\\[38;5;16;48;5;16m(▀){67}\x1b\\[0m"
	)
	for name, test := range map[string]struct {
		answers map[string]string
		draws   string
	}{
		"kitty": {
			map[string]string{
				version:    "\x1b[>1;4000;29c",
				kitty:      "\x1b_Gi=31;OK\x1b\\",
				attributes: "\x1b[?62;c",
			},
			"\x1b_Ga=T,f=100,q=2,m=[01];[^\x1b]+\x1b\\\\",
		},
		"iTerm2": {
			map[string]string{iterm: "\x1b]1337;ReportCellSize=17.0;8.0;2.0\x1b\\", attributes: "\x1b[?65;4c"},
			"\x1b]1337;File=inline=1;[^\x07]+\x07",
		},
		"sixel": {
			map[string]string{sixel: "\x1b[?2;0;640;384S", attributes: "\x1b[?62;4c"},
			"\x1bP0;1q\"1;1;[^\x1b]+\x1b\\\\",
		},
		"plain": {map[string]string{attributes: "\x1b[?1;2c"}, halfBlocks},
		"none":  {nil, halfBlocks},
	} {
		t.Run(name, func(t *testing.T) {
			c := newImageTerminal(t, display, test.answers)
			c.gets(atPrompt)
			c.types("shot\r")
			c.gets(`_d1\.png\r\n`)
			c.gets(test.draws)
			if test.answers == nil { // the terminal answers late
				c.types("\x1b[>1;4000;29c\x1b[?62;c\x1b_Gi=31;OK\x1b\\\x1b[?62;c")
			}
			c.gets(atPrompt)
			c.types("echo next\r")
			require.NotContains(t, c.gets(`[^ ]next\r\n`), "OK")
			c.gets(atPrompt)
			c.types("shot --preview never\r")
			c.gets(`_d1(-2)?\.png\r\n`)
			require.NotContains(t, c.gets(atPrompt), "\x1b[c", "no query is sent")
			pictures, err := filepath.Glob(filepath.Join(c.dir, "*_d1*.png"))
			require.NoError(t, err)
			require.Len(t, pictures, 2)
			c.types("shot --preview only\r")
			c.gets(test.draws)
			c.gets(atPrompt)
			again, err := filepath.Glob(filepath.Join(c.dir, "*_d1*.png"))
			require.NoError(t, err)
			require.Equal(t, pictures, again)
			c.types("\x04")
		})
	}
}

// TestAShotIsNotDrawnInAScript requires that a script sends no query and no image to
// the terminal.
func TestAShotIsNotDrawnInAScript(t *testing.T) {
	display := startX(t)
	c := newImageTerminal(t, display, nil, "-c", "shot; echo done")
	text := c.gets(`done\r\n`)
	require.NotContains(t, text, "\x1b[c")
	require.NotContains(t, text, "▀")
	require.Contains(t, text, "shot: all or nearly all of the picture is black")
}
