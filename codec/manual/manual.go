// Package manual contains the pages that "techsh help TOPIC" and "techshd help TOPIC"
// print. A page is the file TOPIC.txt:
//
//   - Its first line is "TOPIC: what the page is about".
//   - A line that begins with "# " is a heading.
//   - Other lines form paragraphs, which are wrapped. A paragraph ends at an empty line,
//     or where an item of a list begins. An item begins with a line that begins with "-
//     ".
//   - A line that begins with four spaces is printed as it is. " $ LINE" is a line to
//     type in a local shell, " office-pc> LINE" is a line to type at the prompt of
//     techsh. The lines below such a line are its output. A test types all these lines.
package manual

import (
	"embed"
	"strings"
	"unicode/utf8"
)

//go:embed *.txt
var pages embed.FS

const (
	verbatim   = "    "
	shellLine  = verbatim + "$ "
	promptLine = verbatim + "office-pc> "
	heading    = "# "
	item       = "- "
)

// A Topic is the name of a page and, in one line, its subject.
type Topic struct {
	Name string
	Line string
}

// Topics returns the topics in the order in which they are to be read.
func Topics() []Topic {
	names := []string{"commands", "transfers", "screen", "scripts", "trust", "service", "windows", "hand", "course"}
	topics := make([]Topic, len(names))
	for i, name := range names {
		text, _ := read(name)
		title, _, _ := strings.Cut(text, "\n")
		_, line, _ := strings.Cut(title, ": ")
		topics[i] = Topic{Name: name, Line: line}
	}
	return topics
}

// Names returns the names of the topics.
func Names() []string {
	var names []string
	for _, t := range Topics() {
		names = append(names, t.Name)
	}
	return names
}

// The width of a page that is not shown in a window, and the largest width in a window.
const (
	DefaultColumns = 80
	maxColumns     = 100
)

// Page returns the page of a topic, wrapped to at most width columns, and reports whether
// there is such a page. If bold is not nil, it is applied to headings and to the lines
// that a user can type.
func Page(topic string, width int, bold func(string) string) (page string, found bool) {
	text, found := read(topic)
	if bold == nil {
		bold = func(text string) string { return text }
	}
	return format(text, min(width, maxColumns), bold), found
}

func read(topic string) (text string, found bool) {
	b, err := pages.ReadFile(strings.ToLower(topic) + ".txt")
	return string(b), err == nil
}

// format wraps the paragraphs of a page and applies bold.
func format(text string, width int, bold func(string) string) string {
	var out strings.Builder
	var paragraph []string
	end := func() {
		writeParagraph(&out, paragraph, width)
		paragraph = nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, item) {
			end()
		}
		title, isHeading := strings.CutPrefix(line, heading)
		if out.Len() == 0 && len(paragraph) == 0 {
			title, isHeading = line, true
		}
		switch {
		case !isHeading && line != "" && !strings.HasPrefix(line, verbatim):
			paragraph = append(paragraph, strings.Fields(line)...)
			continue
		case isHeading:
			line = bold(title)
		case strings.HasPrefix(line, shellLine), strings.HasPrefix(line, promptLine):
			line = bold(line)
		}
		end()
		out.WriteString(line + "\n")
	}
	end()
	return out.String()
}

// writeParagraph writes words in lines of at most width columns. In an item of a list,
// the second and later lines are indented to align with the first word of the item.
func writeParagraph(out *strings.Builder, words []string, width int) {
	if len(words) == 0 {
		return
	}
	indent := ""
	if words[0]+" " == item {
		indent = strings.Repeat(" ", len(item))
	}
	column := 0
	for i, word := range words {
		size := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+size > width && column > len(indent):
			out.WriteString("\n" + indent)
			column = len(indent)
		default:
			out.WriteString(" ")
			column++
		}
		out.WriteString(word)
		column += size
	}
	out.WriteString("\n")
}
