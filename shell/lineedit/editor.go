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

// ErrInterrupt is returned by ReadLine and ReadSecret when Ctrl-C is typed.
var ErrInterrupt = errors.New("interrupted")

// maxHistory is how many lines of the history can be recalled.
const maxHistory = 2000

// A Config holds the terminal and the callbacks of an Editor.
type Config struct {
	In       io.Reader       // the typed keys
	Terminal *os.File        // put into raw mode while a line is read; nil means In, if that is a file
	Out      io.Writer       // receives what is drawn, usually the terminal
	Err      io.Writer       // readline's standard error, usually the terminal
	Resized  <-chan struct{} // receives a value when the window size changes; may be nil
	Text     Text            // functions that measure text

	Interrupts <-chan os.Signal // receives Ctrl-C while ReadLine waits for Complete after Enter was typed; may be nil

	// Complete returns the completion of line at the byte offset pos. It is called in a
	// separate goroutine, one call at a time. It must return soon after ctx is done, and
	// must return at some time even if ctx is never done. Complete may be nil.
	Complete func(ctx context.Context, line string, pos int) Completion
}

// A Text measures and cuts text in terminal columns, ignoring escape sequences.
type Text struct {
	Width        func(text string) int
	Strip        func(text string) string                         // removes escape sequences
	Truncate     func(text string, width int, tail string) string // shortens text to width columns including tail
	TruncateLeft func(text string, n int, head string) string     // replaces the first n columns by head
	FirstCluster func(text string) (cluster string, width int)    // the first user-perceived character

	// Visible reports whether r can be seen if it stands between the texts before and
	// after.
	Visible func(before string, r rune, after string) bool
}

// An Editor reads lines at a prompt. While it reads a line, everything is drawn by
// readline's loop, the one goroutine in which readline calls the Editor.
//
// ReadLine, ReadSecret, Remember and Recall must not be called concurrently. Notify,
// Reprompt, Idle and Close may be called concurrently.
type Editor struct {
	conf  Config
	rl    *readline.Instance
	keys  *keys.Reader
	paint *painter
	tty   *os.File
	mode  *readline.State // the mode of the terminal before the prompt
	busy  sync.Mutex      // held while a line is read

	news news
	tabs sync.WaitGroup
	turn sync.Mutex // held while Complete runs, so that calls do not overlap

	// The fields below are used only by readline's loop while a line is read.
	edit    func(line []rune, pos int) ([]rune, int) // the edit that the last key requested
	tab     *pendingCompletion
	pasting bool
	paste   []rune
	hidden  bool // a secret is read, without echo
	secret  []rune
	gone    bool // the terminal was closed
}

// New returns an Editor. The mode of the terminal does not change until a line is
// read.
func New(c Config) (*Editor, error) {
	e := &Editor{conf: c, paint: &painter{out: c.Out, text: c.Text, fresh: true}}
	in := c.In
	if e.tty = c.Terminal; e.tty == nil {
		e.tty, _ = in.(*os.File)
	}
	if runtime.GOOS == "windows" && e.tty != nil {
		in = readline.Stdin // reads keys as console events, which a file would not deliver
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

// ReadLine shows prompt and reads a line. It returns io.EOF for Ctrl-D or if the
// terminal was closed, and ErrInterrupt for Ctrl-C. After a paste of several lines, it
// returns them all, separated by LF; the caller must then read another line, such as the
// answer to a question, before anything else reads the terminal.
func (e *Editor) ReadLine(prompt string) (string, error) {
	return e.read(prompt, false)
}

// ReadSecret is like ReadLine, but does not echo the line and does not recall the
// history.
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
	_ = e.rl.SaveHistory("") // start recalling at the newest line, even if the last line was not remembered
	line, err := e.rl.Readline()
	if err == nil && e.paint.held {
		line, err = e.awaitTab(line)
	}
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
	return strings.ReplaceAll(line, string(rune(keys.LineBreak)), "\n"), err
}

// Remember adds a line to the history.
func (e *Editor) Remember(line string) {
	_ = e.rl.SaveHistory("") // otherwise readline would save the line that was recalled last
	_ = e.rl.SaveHistory(line)
}

// Recall replaces the contents of the history by the given lines.
func (e *Editor) Recall(lines []string) {
	e.rl.ResetHistory()
	_ = e.rl.SaveHistory("") // readline crashes when it searches an empty history
	for _, line := range lines {
		_ = e.rl.SaveHistory(line)
	}
}

// Ended reports whether the terminal was closed. If so, every ReadLine returns io.EOF.
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
	for !e.gone { // readline's goroutines stop only at the end of the input
		_, _ = e.rl.Readline()
	}
	return e.rl.Close()
}

// enterRaw puts the terminal into raw mode, and leaveRaw restores its mode.
func (e *Editor) enterRaw() error {
	if e.paint.mute {
		return nil
	}
	if e.tty != nil {
		e.mode, _ = readline.MakeRaw(int(e.tty.Fd()))
	}
	for len(e.conf.Interrupts) > 0 {
		<-e.conf.Interrupts // discard a Ctrl-C of an earlier command; in raw mode, Ctrl-C is a key
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

// neutral replaces a key that readline must not handle. It has no effect except that it
// ends a history search. The key cannot be dropped instead, because readline would then
// read past the end of the line.
const neutral = readline.CharTab

// A noCompleter disables readline's own completion; startTab implements it instead.
type noCompleter struct{}

func (noCompleter) Do([]rune, int) ([][]rune, int) { return nil, 0 }

// key is called by readline for each rune, and returns the rune that readline handles in
// place of r.
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
	if (r == keys.Enter || r == keys.CtrlJ) && e.tab != nil { // LF ends a line typed before the prompt appeared
		e.paint.held = true
		return r, true // awaitTab completes the line and then shows it
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

// hangUp clears the line when the terminal is closed, because readline would otherwise
// return the unfinished line.
func (e *Editor) hangUp() rune {
	e.gone = true
	e.stopTab()
	e.rl.Operation.SetBuffer("")
	return 0
}

// bound returns the rune that readline handles in place of the key r. It returns neutral
// for control characters that are not safe for readline: Ctrl-T, for example, would exit
// the process on a line of one rune, and Ctrl-Z would stop the parent process too.
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

// above shows text above the prompt. It must be called from readline's loop.
func (e *Editor) above(text string) {
	if text == "" {
		return
	}
	e.rl.Clean()
	_ = e.paint.show(text)
	e.rl.Refresh()
}
