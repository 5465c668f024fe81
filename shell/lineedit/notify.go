package lineedit

import (
	"strings"
	"sync"
)

// news holds the messages and the prompt that readline's loop has yet to show.
type news struct {
	mu     sync.Mutex
	text   string
	prompt *string // the new prompt; nil if unchanged
	idle   bool    // the editor is waiting at the prompt, that is, reading a line and not a secret
}

// Notify shows text above the prompt, or above the next prompt if no line is being
// read.
func (e *Editor) Notify(text string) {
	if text == "" {
		return
	}
	e.news.mu.Lock()
	e.news.text += strings.TrimSuffix(text, "\n") + "\n"
	e.news.mu.Unlock()
	e.keys.Wake()
}

// Reprompt changes the prompt of the line that is being read, if there is one. prompt
// must be a single line.
func (e *Editor) Reprompt(prompt string) {
	e.news.mu.Lock()
	if e.news.idle {
		e.news.prompt = &prompt
	}
	e.news.mu.Unlock()
	e.keys.Wake()
}

// Idle reports whether the editor is waiting at the prompt, that is, reading a line and
// not a secret.
func (e *Editor) Idle() bool {
	e.news.mu.Lock()
	defer e.news.mu.Unlock()
	return e.news.idle
}

// showNews shows the messages and the new prompt. It must be called from readline's
// loop.
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

// begin marks the start of ReadLine or ReadSecret, and returns the pending messages.
// idle is the new value of n.idle.
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
