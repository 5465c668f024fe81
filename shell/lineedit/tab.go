package lineedit

import (
	"context"
	"io"
	"strings"
	"unicode/utf8"
)

// A Completion is the result of pressing Tab.
type Completion struct {
	Line string   // the new line; "" leaves the line unchanged
	Pos  int      // the cursor's offset in Line, in bytes
	List []string // candidates shown in columns above the prompt; free of control characters
	More int      // number of candidates that are missing in List; negative if that is not known
}

// A pendingCompletion is a running call of Config.Complete. The user can keep typing;
// the result is used only if the line is still the same.
type pendingCompletion struct {
	line   string
	pos    int
	stop   context.CancelFunc
	done   chan struct{}
	result Completion // valid after the channel done is closed
}

// startTab starts completing the line. It returns line and pos unchanged.
func (e *Editor) startTab(line []rune, pos int) ([]rune, int) {
	ctx, stop := context.WithCancel(context.Background())
	t := &pendingCompletion{line: string(line), pos: pos, stop: stop, done: make(chan struct{})}
	e.tab = t
	at := len(string(line[:pos]))
	e.tabs.Go(func() {
		e.turn.Lock() // an abandoned call may still be running
		defer e.turn.Unlock()
		if ctx.Err() == nil {
			t.result = e.conf.Complete(ctx, t.line, at)
		}
		close(t.done)
		e.keys.Wake()
	})
	return line, pos
}

// awaitTab waits for the completion of a line that was entered directly after Tab, and
// returns the completed line. During the wait the terminal is not in raw mode, so Ctrl-C
// causes a signal.
func (e *Editor) awaitTab(line string) (string, error) {
	var err error
	select {
	case <-e.tab.done:
		if c := e.tab.result; c.Line != "" {
			line = c.Line
		}
	case <-e.conf.Interrupts:
		err = ErrInterrupt
	}
	shown := line
	if err != nil {
		shown += "^C"
	}
	_ = e.paint.enter(shown)
	return line, err
}

// stopTab abandons the pending completion.
func (e *Editor) stopTab() {
	if e.tab != nil {
		e.tab.stop()
		e.tab = nil
	}
}

// tabDone reports whether the pending completion has finished.
func (e *Editor) tabDone() bool {
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

// finishTab applies the finished completion to the line.
func (e *Editor) finishTab(line []rune, pos int) ([]rune, int) {
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
