package shell

import (
	"strings"
	"sync"
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
