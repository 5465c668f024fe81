//go:build unix

package shelltest

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/shell"
	"techsh/shell/console"
	"techsh/shell/shelltest/terminal"
)

// A Prompt is a Shell at a terminal. It ends with the test.
type Prompt struct {
	*terminal.Terminal
	ended  chan struct{}
	status int
}

// Prompt starts a Shell at a new terminal, with the settings of the Session, and waits
// for the prompt of the Shell.
func (s *Session) Prompt() *Prompt {
	s.Helper()
	p := s.PromptAt(terminal.New(s, 400, 50))
	p.SeesLine("")
	return p
}

// PromptAt starts a Shell at the terminal t, with the settings of the Session.
func (s *Session) PromptAt(t *terminal.Terminal) *Prompt {
	s.Helper()
	p := &Prompt{Terminal: t, ended: make(chan struct{})}
	file := console.Stream{File: t.TTY, Terminal: true}
	sh := s.newShell(file, file, file)
	sh.Resized = t.Resized
	ctx := s.Context()
	go func() {
		defer close(p.ended)
		p.status = sh.Run(ctx, shell.Task{})
	}()
	s.Cleanup(func() {
		select {
		case <-p.ended:
		default:
			t.Types("\x03\x04") // Ctrl-C clears the line, Ctrl-D exits
			t.Types("y\r")      // agrees to the cancellation of jobs
			<-p.ended
		}
	})
	return p
}

// SeesLine waits until the last row is a prompt with this line.
func (p *Prompt) SeesLine(line string) {
	p.Helper()
	want := strings.TrimRight("> "+line, " ")
	p.Until(func(rows []string) bool {
		return len(rows) > 0 && strings.HasSuffix(rows[len(rows)-1], want)
	})
}

// Completes types the text of the parameter line, and then Tab. It waits until the prompt
// shows the text of the parameter want instead. If the two texts are equal, the bell must
// ring.
func (p *Prompt) Completes(line, want string) {
	p.Helper()
	bells := p.Bells()
	p.Types("\x15", line, "\t")
	if want == line {
		p.SeesBell(bells)
	}
	p.SeesLine(want)
}

// Lists types the text of the parameter line, and then Tab. It waits until the candidates
// above the prompt are the elements of want.
func (p *Prompt) Lists(line string, want ...string) {
	p.Helper()
	p.Types("\x15", line)
	p.SeesLine(line)
	before := len(p.Rows())
	p.Types("\t")
	p.Until(func(rows []string) bool {
		n := len(rows)
		return n > before && strings.HasSuffix(rows[n-1], strings.TrimRight("> "+line, " ")) &&
			strings.Join(strings.Fields(strings.Join(rows[before-1:n-1], " ")), " ") == strings.Join(want, " ")
	})
}

// Runs types the text of the parameter line, and then Enter. It waits for the next
// prompt, and returns the rows before that prompt.
func (p *Prompt) Runs(line string) []string {
	p.Helper()
	p.Types("\x15", line)
	p.SeesLine(line)
	before := len(p.Rows())
	p.Types("\r")
	var between []string
	p.Until(func(rows []string) bool {
		n := len(rows)
		between = rows[min(before, n-1) : n-1]
		return n > before && strings.HasSuffix(rows[n-1], ">")
	})
	return between
}

// Ends waits until the Shell ends, and returns its exit status.
func (p *Prompt) Ends() int {
	p.Helper()
	select {
	case <-p.ended:
	case <-time.After(Timeout):
		require.FailNow(p, "the shell does not end", "%q", p.Rows())
	}
	return p.status
}
