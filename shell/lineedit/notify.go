package lineedit

import (
	"strings"
	"sync"
)

// news holds what Notify and Reprompt ask for until readline's loop shows it.
type news struct {
	mu     sync.Mutex
	text   string
	prompt *string // the new prompt
	idle   bool    // a line is being read that is no secret
}

// Notify shows text above the prompt, or before the next prompt if no line is
// being read.
func (e *Editor) Notify(text string) {
	if text == "" {
		return
	}
	e.news.mu.Lock()
	e.news.text += strings.TrimSuffix(text, "\n") + "\n"
	e.news.mu.Unlock()
	e.keys.Wake()
}

// Reprompt changes the prompt of the line that is being read, if any. The new
// prompt is one line.
func (e *Editor) Reprompt(prompt string) {
	e.news.mu.Lock()
	if e.news.idle {
		e.news.prompt = &prompt
	}
	e.news.mu.Unlock()
	e.keys.Wake()
}

// Idle reports whether a line is being read that is no secret.
func (e *Editor) Idle() bool {
	e.news.mu.Lock()
	defer e.news.mu.Unlock()
	return e.news.idle
}

// showNews shows the news. It must be called on readline's loop.
func (e *Editor) showNews() {
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

// begin marks the beginning of ReadLine and returns the text so far.
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
