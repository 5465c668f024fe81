package lineedit

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/chzyer/readline"

	"techsh/shell/lineedit/keys"
)

// A painter draws the prompt and the line. readline counts one cell for every
// rune, loses the cursor where wide runes wrap, and hangs on a prompt as wide as
// the window. So readline is told that the prompt is empty and the window
// endless; it then writes only a few different texts, which the painter replaces
// by its own.
type painter struct {
	out    io.Writer
	text   Text
	prompt string // one line, may contain colours
	line   []rune
	pos    int
	fresh  bool // nothing of the prompt is on the screen yet
	mute   bool
	below  bool     // something may be on the screen below the line: a search, or the old screen after Ctrl-L
	erased string   // the sequence that erases the prompt, not written yet
	before string   // the text before the cursor
	at     position // of the cursor
	end    position // of the end of the line
}

const (
	endless    = 1 << 20           // cells
	eraseLine  = "\x1b[J\x1b[2K\r" // readline erases an endless line
	homeMark   = "\x1b[H"          // readline clears the screen
	lineMark   = rune(keys.Last)   // what Paint returns for the line
	searchMark = "-i-search: "     // part of the text by which readline shows a search
	keepSpot   = "\x1b7"
	backToSpot = "\x1b8"
)

// Paint is called by readline with the line to draw.
func (p *painter) Paint(line []rune, pos int) []rune {
	p.line, p.pos = append(p.line[:0], line...), pos
	for i, r := range line {
		if unicode.IsControl(r) && !(r == '\n' && i == len(line)-1) {
			p.line[i] = unicode.ReplacementChar
		}
	}
	return []rune{lineMark}
}

// Write receives the output of readline.
func (p *painter) Write(b []byte) (int, error) {
	if p.mute {
		return len(b), nil
	}
	s := string(b)
	switch {
	case s == homeMark:
		p.below = true
	case s == eraseLine:
		p.erased += p.erase()
		return len(b), nil
	case strings.ContainsRune(s, lineMark): // followed by readline's cursor motions
		s = p.draw()
	case strings.Contains(s, searchMark):
		s = p.search(s)
	}
	return len(b), p.show(s)
}

// show writes text, after the pending erase, in one write so that it does not
// flicker.
func (p *painter) show(text string) error {
	text, p.erased = p.erased+text, ""
	if text == "" {
		return nil
	}
	_, err := io.WriteString(p.out, text)
	return err
}

func (p *painter) size() (width, height int) {
	if f, ok := p.out.(interface{ Fd() uintptr }); ok {
		if w, h, err := readline.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			return w, h
		}
	}
	return 80, 24
}

// erase returns the sequence that removes the prompt from the screen. A
// program may have left a line without an end before the prompt; as many blanks
// as the window is wide put the prompt on the next line and keep it.
func (p *painter) erase() string {
	width, _ := p.size()
	if p.fresh {
		return strings.Repeat(" ", width) + "\r\x1b[K"
	}
	clear := "\r\x1b[J"
	if p.end.row == 0 && !p.below { // some terminals scroll the screen away at J on its first row
		clear = "\r\x1b[K"
	}
	p.below = false
	return motion(p.after(p.before, width).row, 'A') + clear
}

func (p *painter) draw() string {
	if n := len(p.line); n > 0 && p.line[n-1] == '\n' {
		p.fresh = true
		return p.prompt + string(p.line[:n-1]) + "\r\n"
	}
	width, height := p.size()
	prompt, line, pos := p.fit(width, height)
	text := prompt + string(line)
	p.fresh = false
	p.before = p.text.Strip(prompt) + string(line[:pos])
	p.at = p.after(p.before, width)
	p.end = p.after(p.text.Strip(text), width)
	if p.end.col == 0 && p.end.row > 0 {
		text += " " // without it the terminal wraps only at the next rune
	}
	return text + motion(p.end.row-p.at.row, 'A') + "\r" + motion(p.at.col, 'C') + keepSpot
}

// search draws a search of the history below the line.
func (p *painter) search(text string) string {
	p.below = true
	_, text, _ = strings.Cut(text, "\x1b[J")
	text, _, _ = strings.Cut(text, "\r\x1b[")
	width, _ := p.size()
	down := p.end.row - p.at.row
	return backToSpot + motion(down, 'B') + "\r\n\x1b[J" + p.text.Truncate(text, width-1, "") +
		motion(down+1, 'A') + "\r" + motion(p.at.col, 'C') + keepSpot
}

// fit shortens the prompt and the line to the size of the window, less one row
// for a search.
func (p *painter) fit(width, height int) (prompt string, line []rune, pos int) {
	room := width * max(height-1, 1)
	prompt = p.prompt
	if w := p.text.Width(prompt); w > room/2 {
		prompt = p.text.TruncateLeft(prompt, w-room/2+1, "…")
	}
	room -= p.text.Width(prompt) + height // a wide rune may leave one cell of each row empty
	pos = min(p.pos, len(p.line))
	if p.text.Width(string(p.line)) < room {
		return prompt, p.line, pos
	}
	n := min(max(room/2-2, 1), len(p.line)) // a rune takes two cells at most
	start := min(max(pos-n/2, 0), len(p.line)-n)
	line = append([]rune{'…'}, p.line[start:start+n]...)
	return prompt, append(line, '…'), pos - start + 1
}

// columns lays out the candidates of a completion, as many as fit into the
// window above the prompt.
func (p *painter) columns(list []string, more int) string {
	width, height := p.size()
	const gap = 2
	cell := 1
	for _, s := range list {
		cell = max(cell, p.text.Width(s))
	}
	cell = min(cell, width-1)
	cols := max((width-1+gap)/(cell+gap), 1)
	room := max(height-p.end.row-2, 1)
	if len(list) > cols*room {
		more += len(list) - cols*room
		list = list[:cols*room]
	}
	var b strings.Builder
	rows := (len(list) + cols - 1) / cols
	for row := range rows {
		for i := row; i < len(list); i += rows {
			s := p.text.Truncate(list[i], cell, "…")
			b.WriteString(s)
			if i+rows < len(list) {
				b.WriteString(strings.Repeat(" ", cell-p.text.Width(s)+gap))
			}
		}
		b.WriteByte('\n')
	}
	if more > 0 {
		fmt.Fprintf(&b, "… and %d more\n", more)
	}
	return b.String()
}

// A position is a place on the screen, relative to the start of the prompt.
type position struct{ row, col int }

// after returns the position of the cursor after text.
func (p *painter) after(text string, width int) position {
	var s position
	for text != "" {
		cluster, w := p.text.FirstCluster(text)
		text = text[len(cluster):]
		if s.col += w; s.col > width {
			s = position{s.row + 1, w}
		}
	}
	if s.col >= width {
		s = position{s.row + 1, 0}
	}
	return s
}

func motion(n int, to byte) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%d%c", n, to)
}
