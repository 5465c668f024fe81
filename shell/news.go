package shell

import (
	"fmt"
	"strings"
	"sync"

	"techsh/codec"
)

// news is what other goroutines have to say to who sits at the prompt, until
// readline's loop shows it.
type news struct {
	mu     sync.Mutex
	text   string
	prompt *string // what the prompt becomes
	idle   bool    // a line is read
}

// Notify shows text above the prompt, or in front of the next one.
func (e *editor) Notify(text string) {
	if text == "" {
		return
	}
	e.news.mu.Lock()
	e.news.text += strings.TrimSuffix(text, "\n") + "\n"
	e.news.mu.Unlock()
	e.keys.Wake()
}

// Reprompt changes the prompt of the line that is being read, if there is
// one. It has one row.
func (e *editor) Reprompt(prompt string) {
	e.news.mu.Lock()
	if e.news.idle {
		e.news.prompt = &prompt
	}
	e.news.mu.Unlock()
	e.keys.Wake()
}

// idle tells whether a line is being read, that is no secret.
func (e *editor) idle() bool {
	e.news.mu.Lock()
	defer e.news.mu.Unlock()
	return e.news.idle
}

// showNews is for readline's loop.
func (e *editor) showNews() {
	text, prompt := e.news.take()
	e.above(text)
	if prompt != nil {
		e.paint.prompt = *prompt
		e.rl.Refresh()
	}
}

func (n *news) take() (text string, prompt *string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	text, prompt = n.text, n.prompt
	n.text, n.prompt = "", nil
	return text, prompt
}

// begin is for a line that is going to be read; it returns the text so far.
func (n *news) begin(idle bool) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	text := n.text
	n.text, n.idle = "", idle
	return text
}

func (n *news) end() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.prompt, n.idle = nil, false
}

// hear takes the news from the link's reader, which must not wait.
func (c *connection) hear(_, text string) {
	select {
	case c.news <- text:
	default: // who says that much is not heard
	}
}

// watch shows what the remote says of its own accord, and tells the person at
// the prompt that a connection has ended.
func (s *Shell) watch(c *connection) {
	for open := true; open; {
		select {
		case text := <-c.news:
			s.announce(c, text)
		case <-c.link.Ended():
			open = false
		}
	}
	for len(c.news) > 0 { // the last words
		s.announce(c, <-c.news)
	}
	if s.editor != nil && s.editor.idle() && !c.closed.Load() {
		err := fmt.Errorf("%s: %w", c.hello.Host, c.link.Err())
		if gone := c.dismissed(c.link.Err()); gone != nil {
			err = gone
		}
		s.editor.Notify(s.complaint(err))
		s.editor.Reprompt(s.promptText(nil))
	}
}

// announce shows news: above the prompt, or on the terminal while a command
// runs there.
func (s *Shell) announce(c *connection, text string) {
	text = codec.Show(c.hello.Host + ": " + text)
	if s.job != nil {
		s, text = s.job.of, fmt.Sprintf("[%d] %s", s.job.number, text)
	}
	line := s.warn.dim(text) + "\n"
	switch {
	case s.editor != nil && s.editor.idle():
		s.editor.Notify(line)
	case !s.Err.Terminal:
	case s.lent.Load().hear(line):
	case s.printed.open.Swap(false):
		fmt.Fprint(s.Err, "\n"+line)
	default: // over what shows the progress
		fmt.Fprint(s.Err, "\r\x1b[K"+line)
	}
}
