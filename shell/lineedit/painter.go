package lineedit

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/chzyer/readline"

	"techsh/shell/lineedit/keys"
)

// A painter draws the prompt and the line in place of readline, which assumes that each
// rune takes one cell, misplaces the cursor where wide runes wrap, and hangs if the
// prompt is as wide as the window. readline is told that the prompt is empty and the
// window very wide. It then writes only a few fixed texts, which the painter replaces.
type painter struct {
	out    io.Writer
	text   Text
	prompt string // a single line, may contain colours
	line   []rune
	pos    int
	fresh  bool // the prompt is not on the screen yet
	mute   bool
	first  int      // where the first of several pasted lines ends, or -1
	held   bool     // the user typed Enter before Complete returned; the line stays in place until Complete returns
	below  bool     // there may be text below the line: a search, or the old screen after Ctrl-L
	erased string   // a pending sequence that erases the prompt
	before string   // the text up to the cursor
	at     position // the position of the cursor
	end    position // the position of the end of the line
}

const (
	endless    = 1 << 20           // in cells, wider than any line
	eraseLine  = "\x1b[J\x1b[2K\r" // written by readline to erase a very long line
	homeMark   = "\x1b[H"          // written by readline to clear the screen
	lineMark   = rune(keys.Last)   // returned by Paint instead of the line
	searchMark = "-i-search: "     // part of the text that readline shows for a search
	lineBreak  = '↵'               // shown instead of keys.LineBreak
	keepSpot   = "\x1b7"
	backToSpot = "\x1b8"
)

// Paint is called by readline with the line to draw.
func (p *painter) Paint(line []rune, pos int) []rune {
	p.line, p.pos = append(p.line[:0], line...), pos
	p.first = slices.Index(line, keys.LineBreak)
	for i, r := range line {
		switch {
		case r == keys.LineBreak:
			p.line[i] = lineBreak
		case (unicode.IsControl(r) || p.hides(line, i)) && !(r == '\n' && i == len(line)-1):
			p.line[i] = unicode.ReplacementChar
		}
	}
	return []rune{lineMark}
}

// hides reports whether the rune at line[i] would be invisible. This depends on the two
// runes before it and the one after it, because they may form an emoji together.
func (p *painter) hides(line []rune, i int) bool {
	if line[i] < utf8.RuneSelf {
		return false
	}
	before, after := line[max(0, i-2):i], line[i+1:min(len(line), i+2)]
	return !p.text.Visible(string(before), line[i], string(after))
}

// Write handles the output of readline.
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
	case strings.ContainsRune(s, lineMark): // readline's cursor movements follow lineMark, and are dropped
		s = p.draw()
	case strings.Contains(s, searchMark):
		s = p.search(s)
	}
	return len(b), p.show(s)
}

// show writes the pending erase sequence and text in a single write, to avoid
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

// erase returns the sequence that removes the prompt from the screen. If the prompt is
// not on the screen yet, the sequence begins with as many blanks as the window is wide:
// after output that ends in an incomplete line, they move the cursor to the next line.
func (p *painter) erase() string {
	width, _ := p.size()
	if p.fresh {
		return strings.Repeat(" ", width) + "\r\x1b[K"
	}
	clear := "\r\x1b[K"
	if p.end.row > 0 || p.below { // from the next row on, because J in the first row makes some terminals save a copy
		clear += keepSpot + "\x1b[B\x1b[J" + backToSpot
	}
	p.below = false
	return motion(p.after(p.before, width).row, 'A') + clear
}

func (p *painter) draw() string {
	if n := len(p.line); n > 0 && p.line[n-1] == '\n' {
		if !p.held {
			p.fresh = true
			text := string(p.line[:n-1])
			if p.first >= 0 { // the question that follows shows all lines
				text = string(p.line[:p.first+1]) + " …"
			}
			return p.prompt + text + "\r\n"
		}
		p.line, p.pos = p.line[:n-1], n-1
	}
	width, height := p.size()
	prompt, line, pos := p.fit(width, height)
	text := prompt + string(line)
	p.fresh = false
	p.before = p.text.Strip(prompt) + string(line[:pos])
	p.at = p.after(p.before, width)
	p.end = p.after(p.text.Strip(text), width)
	if p.end.col == 0 && p.end.row > 0 {
		text += " " // otherwise the terminal wraps only when the next rune is written
	}
	return text + motion(p.end.row-p.at.row, 'A') + "\r" + motion(p.at.col, 'C') + keepSpot
}

// enter shows the final text of a line that was held.
func (p *painter) enter(line string) error {
	p.held = false
	erased := p.erase()
	p.Paint([]rune(line+"\n"), 0)
	return p.show(erased + p.draw())
}

// search draws a history search below the line.
func (p *painter) search(text string) string {
	p.below = true
	_, text, _ = strings.Cut(text, "\x1b[J")
	text, _, _ = strings.Cut(text, "\r\x1b[")
	width, _ := p.size()
	down := p.end.row - p.at.row
	return backToSpot + motion(down, 'B') + "\r\n\x1b[J" + p.text.Truncate(text, width-1, "") +
		motion(down+1, 'A') + "\r" + motion(p.at.col, 'C') + keepSpot
}

// fit shortens the prompt and the line to fit into the window, and leaves one row for a
// search. pos is the position of the cursor in the returned line.
func (p *painter) fit(width, height int) (prompt string, line []rune, pos int) {
	room := width * max(height-1, 1)
	prompt = p.prompt
	if w := p.text.Width(prompt); w > room/2 {
		prompt = p.text.TruncateLeft(prompt, w-room/2+1, "…")
	}
	room -= p.text.Width(prompt) + height // a wide rune may leave the last cell of a row empty
	pos = min(p.pos, len(p.line))
	if p.text.Width(string(p.line)) < room {
		return prompt, p.line, pos
	}
	n := min(max(room/2-2, 1), len(p.line)) // a rune takes at most two cells
	start := min(max(pos-n/2, 0), len(p.line)-n)
	line = append([]rune{'…'}, p.line[start:start+n]...)
	return prompt, append(line, '…'), pos - start + 1
}

// columns lays out the candidates of a completion, as many as fit into the window above
// the prompt. more is the number of candidates that are not in list,
// or negative if that is not known.
func (p *painter) columns(list []string, more int) string {
	unknown := more < 0
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
	switch {
	case unknown:
		b.WriteString("… and more\n")
	case more > 0:
		fmt.Fprintf(&b, "… and %d more\n", more)
	}
	return b.String()
}

// A position is a place on the screen, relative to the start of the prompt.
type position struct{ row, col int }

// after returns the position that the cursor has when text has been written.
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
