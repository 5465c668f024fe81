package lineedit

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/chzyer/readline"

	"techsh/shell/lineedit/keys"
)

// ErrInterrupt is what ReadLine and ReadSecret return for Ctrl-C.
var ErrInterrupt = errors.New("interrupted")

// maxHistory is how many lines of the session's history can be recalled.
const maxHistory = 2000

// A Config holds the terminal and the callbacks of an Editor.
type Config struct {
	In       io.Reader       // the keys that are typed
	Terminal *os.File        // the terminal that is put into raw mode while a line is read; nil: In, if it is a file
	Out      io.Writer       // the terminal
	Err      io.Writer       // the terminal
	Resized  <-chan struct{} // receives when the size of the window has changed; may be nil
	Text     Text            // measures what is drawn

	// Complete completes line at the byte offset pos. It is called on a
	// goroutine of its own, one call at a time, and must return soon after
	// ctx is done. May be nil.
	Complete func(ctx context.Context, line string, pos int) Completion
}

// A Text measures text on a terminal, in columns. Escape sequences have none.
type Text struct {
	Width        func(text string) int
	Strip        func(text string) string                         // removes the escape sequences
	Truncate     func(text string, width int, tail string) string // to width columns, tail included
	TruncateLeft func(text string, n int, head string) string     // removes n columns from the left
	FirstCluster func(text string) (cluster string, width int)    // the first character as it is perceived
}

// An Editor reads lines at a prompt. readline calls it back on one goroutine,
// readline's loop; everything that is drawn while a line is read is drawn
// there.
//
// ReadLine, ReadSecret, Remember and Recall may be called by one goroutine at
// a time; Notify, Reprompt, Idle and Close by any.
type Editor struct {
	conf  Config
	rl    *readline.Instance
	keys  *keys.Reader
	paint *painter
	tty   *os.File
	mode  *readline.State // of the terminal before the prompt
	busy  sync.Mutex      // held while a line is read

	news news
	tabs sync.WaitGroup
	turn sync.Mutex // held while Complete runs

	// Only readline's loop may use these while a line is read.
	edit    func(line []rune, pos int) ([]rune, int) // the edit of the key just pressed
	tab     *pendingCompletion
	pasting bool
	paste   []rune
	hidden  bool // the line is a secret
	secret  []rune
	gone    bool // the terminal has ended
}

// New returns an Editor. The terminal keeps its mode until a line is read.
func New(c Config) (*Editor, error) {
	e := &Editor{conf: c, paint: &painter{out: c.Out, text: c.Text, fresh: true}}
	in := c.In
	if e.tty = c.Terminal; e.tty == nil {
		e.tty, _ = in.(*os.File)
	}
	if runtime.GOOS == "windows" && e.tty != nil {
		in = readline.Stdin // the console's keys do not come through a file
	}
	e.keys = keys.NewReader(in, c.Resized)
	var err error
	e.rl, err = readline.NewEx(&readline.Config{
		Stdin:                  e.keys,
		Stdout:                 e.paint,
		Stderr:                 c.Err,
		FuncFilterInputRune:    e.key,
		Listener:               readline.FuncListener(e.changed),
		Painter:                e.paint,
		AutoComplete:           noCompleter{},
		FuncGetWidth:           func() int { return endless },
		FuncOnWidthChanged:     func(func()) {},
		FuncMakeRaw:            e.enterRaw,
		FuncExitRaw:            e.leaveRaw,
		ForceUseInteractive:    true,
		DisableAutoSaveHistory: true,
		HistorySearchFold:      true,
		HistoryLimit:           maxHistory,
	})
	if err != nil {
		_ = e.keys.Close()
		return nil, err
	}
	e.Recall(nil)
	return e, nil
}

// ReadLine shows the prompt and reads a line. It returns io.EOF at the end of
// the terminal and for Ctrl-D, and ErrInterrupt for Ctrl-C.
func (e *Editor) ReadLine(prompt string) (string, error) {
	return e.read(prompt, false)
}

// ReadSecret is like ReadLine, without echo and without history.
func (e *Editor) ReadSecret(prompt string) (string, error) {
	return e.read(prompt, true)
}

func (e *Editor) read(prompt string, hidden bool) (string, error) {
	e.busy.Lock()
	defer e.busy.Unlock()
	if e.gone {
		return "", io.EOF
	}
	upper := strings.LastIndexByte(prompt, '\n') + 1
	if above := e.news.begin(!hidden) + prompt[:upper]; above != "" {
		_ = e.paint.show(e.paint.erase() + above)
	}
	defer e.news.end()
	e.paint.prompt, e.hidden = prompt[upper:], hidden
	_ = e.rl.SaveHistory("") // the history is shown from its newest line, even if the last line was not remembered
	line, err := e.rl.Readline()
	e.stopTab()
	e.tabs.Wait()
	if hidden {
		line, e.secret = string(e.secret), nil
	}
	if errors.Is(err, readline.ErrInterrupt) {
		err = ErrInterrupt
	}
	if err != nil {
		line = ""
	}
	return line, err
}

// Remember adds a line to the history of this session.
func (e *Editor) Remember(line string) {
	_ = e.rl.SaveHistory("") // without this readline saves the line that was recalled last
	_ = e.rl.SaveHistory(line)
}

// Recall replaces the history.
func (e *Editor) Recall(lines []string) {
	e.rl.ResetHistory()
	_ = e.rl.SaveHistory("") // readline crashes when it searches an empty history
	for _, line := range lines {
		_ = e.rl.SaveHistory(line)
	}
}

// Ended reports whether the terminal has ended: every ReadLine returns io.EOF.
func (e *Editor) Ended() bool {
	e.busy.Lock()
	defer e.busy.Unlock()
	return e.gone
}

// Close ends a pending ReadLine and restores the mode of the terminal.
func (e *Editor) Close() error {
	_ = e.keys.Close()
	e.busy.Lock()
	defer e.busy.Unlock()
	e.paint.mute = true
	for !e.gone { // readline's goroutines end only at the end of the input
		_, _ = e.rl.Readline()
	}
	return e.rl.Close()
}

// enterRaw puts the terminal into raw mode, leaveRaw restores its mode.
func (e *Editor) enterRaw() error {
	if e.paint.mute {
		return nil
	}
	if e.tty != nil {
		e.mode, _ = readline.MakeRaw(int(e.tty.Fd()))
	}
	return e.paint.show("\x1b[?2004h")
}

func (e *Editor) leaveRaw() error {
	if e.paint.mute {
		return nil
	}
	err := e.paint.show("\x1b[?2004l")
	if e.mode != nil {
		err = errors.Join(err, readline.Restore(int(e.tty.Fd()), e.mode))
	}
	return err
}

// neutral is a key that only ends a search of the history. It replaces keys
// without a meaning, because readline reads beyond the end of the line after its
// filter has refused a key.
const neutral = readline.CharTab

// A noCompleter offers readline no completions: see startTab.
type noCompleter struct{}

func (noCompleter) Do([]rune, int) ([][]rune, int) { return nil, 0 }

// key is called by readline for every rune and returns the rune that readline
// is to see.
func (e *Editor) key(r rune) (rune, bool) {
	switch {
	case r == 0:
		return e.hangUp(), true
	case e.paint.mute && !keys.EndsLine(r):
		return neutral, true
	case r == keys.Wake:
		e.showNews()
		if e.tabDone() {
			e.edit = e.finishTab
		}
		return neutral, true
	case r == keys.Resize:
		e.rl.Refresh()
		return neutral, true
	case r == readline.CharTab && !e.hidden:
		if e.tab == nil && e.conf.Complete != nil {
			e.edit = e.startTab
		}
		return neutral, true
	}
	if (r == keys.Enter || r == keys.CtrlJ) && e.tab != nil { // lines typed ahead end in LF
		e.awaitTab()
	}
	e.stopTab()
	switch {
	case r == keys.PasteStart:
		e.pasting, e.paste = true, nil
	case r == keys.PasteEnd:
		e.pasting = false
		e.pasted()
	case r == keys.PasteTooLong:
		e.above("the paste is too long for a line and was ignored\n")
	case e.pasting:
		e.paste = append(e.paste, r)
	case e.hidden:
		return e.hide(r), true
	default:
		return e.bound(r), true
	}
	return neutral, true
}

// hangUp clears the line at the end of the terminal, because readline would
// return the unfinished line.
func (e *Editor) hangUp() rune {
	e.gone = true
	e.stopTab()
	e.rl.Operation.SetBuffer("")
	return 0
}

// bound returns r if readline may see it, and neutral for the other control
// characters: in readline Ctrl-T ends the process on a line of one rune, and
// Ctrl-Z stops the parent process as well.
func (e *Editor) bound(r rune) rune {
	switch r {
	case keys.Delete:
		e.edit = deleteRune
	case keys.WordLeft:
		return readline.MetaBackward
	case keys.WordRight:
		return readline.MetaForward
	case keys.CutRight:
		return readline.MetaDelete
	case keys.CutLeft:
		return readline.MetaBackspace
	case readline.CharLineStart, readline.CharLineEnd, readline.CharBackward, readline.CharForward,
		readline.CharPrev, readline.CharNext, readline.CharBckSearch, readline.CharFwdSearch,
		readline.CharKill, readline.CharCtrlU, readline.CharCtrlW, readline.CharCtrlY,
		readline.CharCtrlL, readline.CharCtrlH, readline.CharBell:
		return r
	default:
		if r >= ' ' || keys.EndsLine(r) {
			return r
		}
	}
	return neutral
}

// above shows text above the prompt. It must be called on readline's loop.
func (e *Editor) above(text string) {
	if text == "" {
		return
	}
	e.rl.Clean()
	_ = e.paint.show(text)
	e.rl.Refresh()
}
