package console

import (
	"github.com/fatih/color"

	"techsh/codec"
)

// A Palette colors text for one stream, or leaves it unchanged. Package color cannot do
// this, because it has a single global switch, which depends on standard output.
type Palette struct{ on bool }

// NewPalette returns a palette that colors text if on is set.
func NewPalette(on bool) Palette { return Palette{on} }

func (p Palette) style(text string, attributes ...color.Attribute) string {
	if !p.on {
		return text
	}
	c := color.New(attributes...)
	c.EnableColor()
	return c.Sprint(text)
}

// Bad returns text in the color of errors.
func (p Palette) Bad(text string) string { return p.style(text, color.FgRed) }

// Dim returns text in the color of secondary information.
func (p Palette) Dim(text string) string { return p.style(text, color.Faint) }

// Bold returns text in bold.
func (p Palette) Bold(text string) string { return p.style(text, color.Bold) }

// Host returns text in the color of the host in a prompt.
func (p Palette) Host(text string) string { return p.style(text, color.FgGreen, color.Bold) }

// Folder returns text in the color of folders.
func (p Palette) Folder(text string) string { return p.style(text, color.FgBlue, color.Bold) }

// Word returns a line of words with style applied to the word at index i. The rest of the
// line stays as it is.
func (p Palette) Word(line string, i int, style func(text string) string) string {
	if !p.on {
		return line
	}
	words, err := codec.Split(line)
	if err != nil || i >= len(words) {
		return line
	}
	from, to := words[i].Start, words[i].End
	return line[:from] + style(line[from:to]) + line[to:]
}

// Entry returns text in the color for the kind of e.
func (p Palette) Entry(e codec.Entry, text string) string {
	switch {
	case e.Kind == codec.Folder:
		return p.Folder(text)
	case e.Kind == codec.Link:
		return p.style(text, color.FgCyan)
	case e.Kind != codec.Regular:
		return p.style(text, color.FgYellow)
	case e.Mode > 0 && e.Mode&0o111 != 0:
		return p.style(text, color.FgGreen)
	}
	return text
}
