package console

import (
	"github.com/fatih/color"

	"techsh/codec"
)

// A Palette colours what is printed on one stream, or leaves it as it is.
// This is the only file that knows the library, whose own switch is global
// and looks at standard output only.
type Palette struct{ on bool }

func NewPalette(on bool) Palette { return Palette{on} }

func (p Palette) style(text string, attributes ...color.Attribute) string {
	if !p.on {
		return text
	}
	c := color.New(attributes...)
	c.EnableColor()
	return c.Sprint(text)
}

func (p Palette) Bad(text string) string  { return p.style(text, color.FgRed) }
func (p Palette) Dim(text string) string  { return p.style(text, color.Faint) }
func (p Palette) Bold(text string) string { return p.style(text, color.Bold) }
func (p Palette) Host(text string) string { return p.style(text, color.FgGreen, color.Bold) }
func (p Palette) Path(text string) string { return p.style(text, color.FgBlue, color.Bold) }

// Entry colours a name by the kind of what it names.
func (p Palette) Entry(e codec.Entry, text string) string {
	switch {
	case e.Kind == codec.Folder:
		return p.style(text, color.FgBlue, color.Bold)
	case e.Kind == codec.Link:
		return p.style(text, color.FgCyan)
	case e.Kind != codec.Regular:
		return p.style(text, color.FgYellow)
	case e.Mode > 0 && e.Mode&0o111 != 0:
		return p.style(text, color.FgGreen)
	}
	return text
}
