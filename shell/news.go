package shell

import (
	"fmt"

	"techsh/codec"
)

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
	if s.editor != nil && s.editor.Idle() && !c.closed.Load() {
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
	case s.editor != nil && s.editor.Idle():
		s.editor.Notify(line)
	case !s.Err.Terminal:
	case s.lent.Load().hear(line):
	case s.printed.open.Swap(false):
		fmt.Fprint(s.Err, "\n"+line)
	default: // over what shows the progress
		fmt.Fprint(s.Err, "\r\x1b[K"+line)
	}
}
