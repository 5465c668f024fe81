package shell

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"

	"github.com/chzyer/readline"
)

// An editorConfig says what an editor works with.
type editorConfig struct {
	In       io.Reader       // what is typed
	Terminal *os.File        // whose mode is changed while a line is read; nil: In, if it is a file
	Out      io.Writer       // the terminal
	Err      io.Writer       // the terminal
	Resized  <-chan struct{} // the window has another size; may be nil

	// Complete completes line at pos, in bytes. It runs beside the prompt,
	// and returns soon once ctx is done. May be nil.
	Complete func(ctx context.Context, line string, pos int) completion
}

// An editor is the line editor of the prompt: readline, with what it lacks.
// readline calls back on one goroutine of its own, its loop; everything that
// is drawn while a line is read is drawn there.
//
// ReadLine, ReadSecret, Remember and Recall are for one goroutine; Notify,
// Reprompt and Close are for any.
type editor struct {
	conf  editorConfig
	rl    *readline.Instance
	keys  *keyReader
	paint *painter
	tty   *os.File
	mode  *readline.State // of the terminal, before the prompt
	busy  sync.Mutex      // held while a line is read

	news news
	tabs sync.WaitGroup
	turn sync.Mutex // of the completions

	// These belong to readline's loop while a line is read.
	edit    func(line []rune, pos int) ([]rune, int) // what the key just pressed does
	tab     *tabbing
	pasting bool
	paste   []rune
	hidden  bool // the line is a secret
	secret  []rune
	gone    bool // the terminal has ended
}

// newEditor returns an editor for a terminal, which it leaves as it is until
// a line is read.
func newEditor(c editorConfig) (*editor, error) {
	e := &editor{conf: c, paint: &painter{out: c.Out, fresh: true}}
	in := c.In
	if e.tty = c.Terminal; e.tty == nil {
		e.tty, _ = in.(*os.File)
	}
	if runtime.GOOS == "windows" && e.tty != nil {
		in = readline.Stdin // the console's keys do not come through a file
	}
	e.keys = newKeyReader(in, c.Resized)
	var err error
	e.rl, err = readline.NewEx(&readline.Config{
		Stdin: e.keys, Stdout: e.paint, Stderr: c.Err,
		FuncFilterInputRune: e.key, Listener: e, Painter: e.paint, AutoComplete: e,
		FuncGetWidth: func() int { return endless }, FuncOnWidthChanged: func(func()) {},
		FuncMakeRaw: e.enter, FuncExitRaw: e.leave, ForceUseInteractive: true,
		DisableAutoSaveHistory: true, HistorySearchFold: true, HistoryLimit: maxHistory,
	})
	if err != nil {
		_ = e.keys.Close()
		return nil, err
	}
	e.Recall(nil)
	return e, nil
}

// ReadLine shows the prompt and reads a line. At the end of the terminal and
// for Ctrl-D it returns io.EOF, for Ctrl-C errInterrupted.
func (e *editor) ReadLine(prompt string) (string, error) {
	return e.read(prompt, false)
}

// ReadSecret is ReadLine without echo and history.
func (e *editor) ReadSecret(prompt string) (string, error) {
	return e.read(prompt, true)
}

func (e *editor) read(prompt string, hidden bool) (string, error) {
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
	_ = e.rl.SaveHistory("") // back to the newest, when the last line was not remembered
	line, err := e.rl.Readline()
	e.stopTab()
	e.tabs.Wait()
	if hidden {
		line, e.secret = string(e.secret), nil
	}
	if errors.Is(err, readline.ErrInterrupt) {
		err = errInterrupted
	}
	if err != nil {
		line = ""
	}
	return line, err
}

// Remember adds a line to the history of this session.
func (e *editor) Remember(line string) {
	_ = e.rl.SaveHistory("") // or readline would save the line it recalled last instead
	_ = e.rl.SaveHistory(line)
}

// Recall replaces the history.
func (e *editor) Recall(lines []string) {
	e.rl.ResetHistory()
	_ = e.rl.SaveHistory("") // a search of no history at all is a nil pointer in readline
	for _, line := range lines {
		_ = e.rl.SaveHistory(line)
	}
}

// Close ends a ReadLine under way and gives the terminal back.
func (e *editor) Close() error {
	_ = e.keys.Close()
	e.busy.Lock()
	defer e.busy.Unlock()
	e.paint.mute = true
	for !e.gone { // only at the end of input do readline's loops end
		_, _ = e.rl.Readline()
	}
	return e.rl.Close()
}

// enter and leave change the terminal for a prompt and back.
func (e *editor) enter() error {
	if e.paint.mute {
		return nil
	}
	if e.tty != nil {
		e.mode, _ = readline.MakeRaw(int(e.tty.Fd()))
	}
	return e.paint.show("\x1b[?2004h")
}

func (e *editor) leave() error {
	if e.paint.mute {
		return nil
	}
	err := e.paint.show("\x1b[?2004l")
	if e.mode != nil {
		err = errors.Join(err, readline.Restore(int(e.tty.Fd()), e.mode))
	}
	return err
}

// neutral is a key that does nothing, but ends a search of history with what
// it found. Every key must reach readline as some key: where one is refused
// it reads on after the line's end.
const neutral = readline.CharTab

// Do is called by readline for Tab, and knows nothing: see startTab.
func (e *editor) Do([]rune, int) ([][]rune, int) { return nil, 0 }

// key is called by readline for every rune and returns what to take it for.
func (e *editor) key(r rune) (rune, bool) {
	switch {
	case r == 0:
		return e.hangUp(), true
	case e.paint.mute && !ends(r):
		return neutral, true
	case r == keyWake:
		e.showNews()
		if e.tabDone() {
			e.edit = e.finishTab
		}
		return neutral, true
	case r == keyResize:
		e.rl.Refresh()
		return neutral, true
	case r == readline.CharTab && !e.hidden:
		if e.tab == nil && e.conf.Complete != nil {
			e.edit = e.startTab
		}
		return neutral, true
	}
	if (r == enter || r == ctrlJ) && e.tab != nil { // what was typed ahead ends in LF
		e.awaitTab()
	}
	e.stopTab()
	switch {
	case r == keyPaste:
		e.pasting, e.paste = true, nil
	case r == keyPasteEnd:
		e.pasting = false
		e.pasted()
	case r == keyTooLong:
		e.above("the paste is too long for a line, it is left out\n")
	case e.pasting:
		e.paste = append(e.paste, r)
	case e.hidden:
		return e.hide(r), true
	default:
		return e.bound(r), true
	}
	return neutral, true
}

// hangUp is for the end of the terminal: readline would take it for Enter
// and run half a line.
func (e *editor) hangUp() rune {
	e.gone = true
	e.stopTab()
	e.rl.Operation.SetBuffer("")
	return 0
}

// bound returns r if readline should see it. It makes a mess of the other
// control characters: Ctrl-T ends the process on a line of one rune, Ctrl-Z
// stops the process's parent too.
func (e *editor) bound(r rune) rune {
	switch r {
	case keyDelete:
		e.edit = deleteRune
	case keyWordLeft:
		return readline.MetaBackward
	case keyWordRight:
		return readline.MetaForward
	case keyCutRight:
		return readline.MetaDelete
	case keyCutLeft:
		return readline.MetaBackspace
	case readline.CharLineStart, readline.CharLineEnd, readline.CharBackward, readline.CharForward,
		readline.CharPrev, readline.CharNext, readline.CharBckSearch, readline.CharFwdSearch,
		readline.CharKill, readline.CharCtrlU, readline.CharCtrlW, readline.CharCtrlY, readline.CharCtrlL,
		readline.CharCtrlH, readline.CharBell:
		return r
	default:
		if r >= ' ' || ends(r) {
			return r
		}
	}
	return neutral
}

// above shows text above the prompt. Only for readline's loop.
func (e *editor) above(text string) {
	if text == "" {
		return
	}
	e.rl.Clean()
	_ = e.paint.show(text)
	e.rl.Refresh()
}
