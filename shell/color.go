package shell

import (
	"github.com/fatih/color"

	"techsh/codec"
)

// A palette colours what is printed on one stream, or leaves it as it is.
// This is the only file that knows the library, whose own switch is global
// and looks at standard output only.
type palette struct{ on bool }

func newPalette(on bool) palette { return palette{on} }

func (p palette) style(text string, attributes ...color.Attribute) string {
	if !p.on {
		return text
	}
	c := color.New(attributes...)
	c.EnableColor()
	return c.Sprint(text)
}

func (p palette) bad(text string) string  { return p.style(text, color.FgRed) }
func (p palette) dim(text string) string  { return p.style(text, color.Faint) }
func (p palette) bold(text string) string { return p.style(text, color.Bold) }
func (p palette) host(text string) string { return p.style(text, color.FgGreen, color.Bold) }
func (p palette) path(text string) string { return p.style(text, color.FgBlue, color.Bold) }

// entry colours a name by the kind of what it names.
func (p palette) entry(e codec.Entry, text string) string {
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
