package shell

import (
	"context"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// A completion is what Tab makes of a line.
type completion struct {
	Line string   // what the line becomes; empty: it stays
	Pos  int      // of the cursor then, in bytes of Line
	List []string // candidates to show above the prompt, fit for a terminal, each a cell
	More int      // how many more there are than List has
}

// A tabbing is a completion under way. It runs beside the prompt, so a slow
// remote does not stop the typing, and counts only if nobody typed meanwhile.
type tabbing struct {
	line   string
	pos    int
	stop   context.CancelFunc
	done   chan struct{}
	result completion // once done is closed
}

// patience is how long a completion may take.
const patience = 700 * time.Millisecond

// startTab begins to complete the line, which it leaves as it is.
func (e *editor) startTab(line []rune, pos int) ([]rune, int) {
	ctx, stop := context.WithTimeout(context.Background(), patience)
	t := &tabbing{line: string(line), pos: pos, stop: stop, done: make(chan struct{})}
	e.tab = t
	at := len(string(line[:pos]))
	e.tabs.Go(func() {
		e.turn.Lock() // one that was stopped may not have ended yet
		defer e.turn.Unlock()
		if ctx.Err() == nil {
			t.result = e.conf.Complete(ctx, t.line, at)
		}
		close(t.done)
		e.keys.Wake()
	})
	return line, pos
}

// awaitTab is for Enter right behind Tab, from someone quick or from a paste:
// the line that runs is the completed one.
func (e *editor) awaitTab() {
	<-e.tab.done
	if c := e.tab.result; c.Line != "" {
		e.rl.Operation.SetBuffer(c.Line)
	}
}

// stopTab gives a completion up.
func (e *editor) stopTab() {
	if e.tab != nil {
		e.tab.stop()
		e.tab = nil
	}
}

// tabDone tells whether there is a completion that has ended.
func (e *editor) tabDone() bool {
	if e.tab == nil {
		return false
	}
	select {
	case <-e.tab.done:
		return true
	default:
		return false
	}
}

// finishTab applies a completion that has ended.
func (e *editor) finishTab(line []rune, pos int) ([]rune, int) {
	t := e.tab
	e.stopTab()
	if string(line) != t.line || pos != t.pos {
		return line, pos
	}
	c := t.result
	if len(c.List) > 0 {
		e.above(e.paint.columns(c.List, c.More))
	}
	if c.Line == "" || c.Line == t.line {
		if len(c.List) == 0 {
			_, _ = io.WriteString(e.paint, "\a")
		}
		return line, pos
	}
	to := strings.ToValidUTF8(c.Line[:min(max(c.Pos, 0), len(c.Line))], "")
	return []rune(c.Line), utf8.RuneCountInString(to)
}
