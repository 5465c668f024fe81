package shell

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// A painter draws the prompt and the line. readline counts a cell for every
// rune, loses its place where wide ones wrap, and hangs on a prompt as wide
// as the window. So it is told that the prompt is empty and the window
// endless; what it writes then is one of a few texts, which the painter
// replaces by its own.
type painter struct {
	out    io.Writer
	prompt string // one line, may hold colours
	line   []rune
	pos    int
	fresh  bool // nothing of the prompt is on the screen yet
	mute   bool
	below  bool   // something may be on the screen below the line: a search, or all that was there before Ctrl-L
	erased string // what erases the prompt, not written yet
	before string // what is drawn before the cursor
	at     spot   // of the cursor
	end    spot   // of the line's end
}

const (
	endless    = 1 << 20           // cells
	eraseLine  = "\x1b[J\x1b[2K\r" // readline erases an endless line
	homeMark   = "\x1b[H"          // readline clears the screen
	lineMark   = rune(lastKey)     // stands for the line
	searchMark = "-i-search: "     // is in what readline writes to show a search
	keepSpot   = "\x1b7"
	backToSpot = "\x1b8"
)

// Paint is called by readline for the text to draw.
func (p *painter) Paint(line []rune, pos int) []rune {
	p.line, p.pos = append(p.line[:0], line...), pos
	for i, r := range line {
		if unicode.IsControl(r) && !(r == '\n' && i == len(line)-1) {
			p.line[i] = unicode.ReplacementChar
		}
	}
	return []rune{lineMark}
}

// Write takes what readline writes.
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
	case strings.ContainsRune(s, lineMark): // behind it are readline's cursor motions
		s = p.draw()
	case strings.Contains(s, searchMark):
		s = p.search(s)
	}
	return len(b), p.show(s)
}

// show writes text behind what was to be erased: in one go, or it flickers.
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
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			return w, h
		}
	}
	return 80, 24
}

// erase takes the prompt off the screen. What another program has left in a
// line without an end is not ours: a window's width of blanks gets past it.
func (p *painter) erase() string {
	width, _ := p.size()
	if p.fresh {
		return strings.Repeat(" ", width) + "\r\x1b[K"
	}
	clear := "\r\x1b[J"
	if p.end.row == 0 && !p.below { // J on the first row of a screen makes some terminals scroll it away
		clear = "\r\x1b[K"
	}
	p.below = false
	return motion(spot{}.after(p.before, width).row, 'A') + clear
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
	p.before = ansi.Strip(prompt) + string(line[:pos])
	p.at = spot{}.after(p.before, width)
	p.end = spot{}.after(ansi.Strip(text), width)
	if p.end.col == 0 && p.end.row > 0 {
		text += " " // or the terminal would wait for a rune before it wraps
	}
	return text + motion(p.end.row-p.at.row, 'A') + "\r" + motion(p.at.col, 'C') + keepSpot
}

// search draws a search of history below the line.
func (p *painter) search(text string) string {
	p.below = true
	_, text, _ = strings.Cut(text, "\x1b[J")
	text, _, _ = strings.Cut(text, "\r\x1b[")
	width, _ := p.size()
	down := p.end.row - p.at.row
	return backToSpot + motion(down, 'B') + "\r\n\x1b[J" + ansi.Truncate(text, width-1, "") +
		motion(down+1, 'A') + "\r" + motion(p.at.col, 'C') + keepSpot
}

// fit cuts the prompt and the line down to what the window has room for,
// less a row for a search.
func (p *painter) fit(width, height int) (prompt string, line []rune, pos int) {
	room := width * max(height-1, 1)
	prompt = p.prompt
	if w := ansi.StringWidth(prompt); w > room/2 {
		prompt = ansi.TruncateLeft(prompt, w-room/2+1, "…")
	}
	room -= ansi.StringWidth(prompt) + height // a wide rune may leave a cell of each row empty
	pos = min(p.pos, len(p.line))
	if ansi.StringWidth(string(p.line)) < room {
		return prompt, p.line, pos
	}
	n := min(max(room/2-2, 1), len(p.line)) // a rune takes two cells at most
	start := min(max(pos-n/2, 0), len(p.line)-n)
	line = append([]rune{'…'}, p.line[start:start+n]...)
	return prompt, append(line, '…'), pos - start + 1
}

// columns lays out the candidates of a completion, as many as the window has
// room for above the prompt.
func (p *painter) columns(list []string, more int) string {
	width, height := p.size()
	const gap = 2
	cell := 1
	for _, s := range list {
		cell = max(cell, ansi.StringWidth(s))
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
			s := ansi.Truncate(list[i], cell, "…")
			b.WriteString(s)
			if i+rows < len(list) {
				b.WriteString(strings.Repeat(" ", cell-ansi.StringWidth(s)+gap))
			}
		}
		b.WriteByte('\n')
	}
	if more > 0 {
		fmt.Fprintf(&b, "… and %d more\n", more)
	}
	return b.String()
}

// A spot is a place on the screen, from where the prompt begins.
type spot struct{ row, col int }

// after returns where text that begins at s leaves the cursor.
func (s spot) after(text string, width int) spot {
	for text != "" {
		cluster, w := ansi.FirstGraphemeCluster(text, ansi.GraphemeWidth)
		text = text[len(cluster):]
		if s.col += w; s.col > width {
			s = spot{s.row + 1, w}
		}
	}
	if s.col >= width {
		s = spot{s.row + 1, 0}
	}
	return s
}

func motion(n int, to byte) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%d%c", n, to)
}
