package command

import (
	"strings"
	"unicode"

	"techsh/codec"
)

// A Grammar says which syntax a line may use.
type Grammar struct {
	Separators bool // ";" separates commands
	Prefixes   bool // command names may be abbreviated to unique prefixes
	OpenQuotes bool // the end of the line closes an open quote
}

// PromptGrammar returns the grammar of lines typed at the prompt.
func PromptGrammar() Grammar { return Grammar{Separators: true, Prefixes: true, OpenQuotes: true} }

// A Role is the role of a token in a command.
type Role int

// The roles of tokens.
const (
	Argument  Role = iota // the command name or one of its arguments
	Operator              // "<", ">" or ">>"
	File                  // the file after an operator
	Filter                // a line for the local shell after "|"
	Ampersand             // "&" at the end of a command
	Rest                  // the rest of the line, which the command takes verbatim
	Comment               // a line that begins with "#"
)

// A Token is a piece of a typed line. Start and End are byte offsets in the line. The
// text of a Filter or Rest is trimmed. If a Rest that is sent to the remote consists of
// only one word, and the word is quoted, the Rest loses the quotes.
type Token struct {
	codec.Word
	Role Role
}

// A Part is one command of a typed line.
type Part struct {
	Tokens     []Token // empty if there is nothing between two separators
	Start, End int     // byte offsets in the line, without the separator
	Background bool    // ends in "&"
	Err        error   // an invalid quote or escape, in the last token
}

// Scan splits a line into commands and their tokens, in one pass. The rows of the
// table determine which commands take the rest of the line verbatim; an unknown name
// is an ordinary Argument.
func (t Table) Scan(line string, g Grammar) []Part {
	if text := strings.TrimLeft(line, " \t"); strings.HasPrefix(text, "#") {
		w := codec.Word{Text: text, Start: len(line) - len(text), End: len(line)}
		return []Part{{Tokens: []Token{{w, Comment}}, End: len(line)}}
	}
	s := scanner{table: t, grammar: g, line: line}
	if g.Separators {
		s.ends = ";"
	}
	var parts []Part
	for s.pos < len(line) {
		parts = append(parts, s.scanPart())
		s.pos++ // skip the separator
	}
	return parts
}

// A scanner scans a line.
type scanner struct {
	table   Table
	grammar Grammar
	line    string
	ends    string // the bytes that separate commands
	pos     int
	part    Part // the current command
}

// scanPart scans one command, up to the separator after it.
func (s *scanner) scanPart() Part {
	s.part = Part{Start: s.pos}
	named, wantsFile := false, false
	for more := true; more; {
		if !named && !wantsFile && s.scanBang() {
			more = s.scanRow(&named)
			continue
		}
		w, next, err := codec.Scan(s.line, s.pos, s.ends)
		s.pos = next
		switch {
		case w.Start == w.End:
			more = false
		case s.line[w.Start] == '|':
			s.scanFilter(w.Start)
			more = false
		case err != nil && !(s.grammar.OpenQuotes && w.Open != 0):
			s.fail(w, err)
			more = false
		case s.isAmpersand(w):
			s.add(w, Ampersand)
			s.part.Background = true
		case wantsFile:
			s.add(w, File)
			wantsFile = false
		case s.line[w.Start] == '<' || s.line[w.Start] == '>':
			wantsFile = s.addOperator(w)
		default:
			s.add(w, Argument)
			more = named || s.scanRow(&named)
		}
	}
	s.part.End = s.pos
	return s.part
}

func (s *scanner) add(w codec.Word, role Role) {
	s.part.Tokens = append(s.part.Tokens, Token{w, role})
}

// fail ends the scan of the line at invalid input.
func (s *scanner) fail(w codec.Word, err error) {
	s.add(codec.Word{Text: s.line[w.Start:], Start: w.Start, End: len(s.line)}, Rest)
	s.part.Err, s.pos = err, len(s.line)
}

// scanBang scans a "!" or "-!" at the beginning of a command, and reports whether
// there is one. The line for the local shell may follow without a space.
func (s *scanner) scanBang() bool {
	text := strings.TrimLeft(s.line[s.pos:], " \t")
	name := "!"
	if strings.HasPrefix(text, "-!") {
		name = "-!"
	}
	if !strings.HasPrefix(text, name) {
		return false
	}
	start := len(s.line) - len(text)
	s.pos = start + len(name)
	s.add(codec.Word{Text: name, Start: start, End: s.pos}, Argument)
	return true
}

// scanRow looks up the row of the command name in the last token. It sets named to true,
// unless the row explains another command. In that case the next word is the name of the
// other command. If the row takes the rest of the line verbatim, scanRow scans the rest
// as well, and returns false.
func (s *scanner) scanRow(named *bool) (more bool) {
	name, _ := commandName(s.part.Tokens[len(s.part.Tokens)-1].Word)
	r, err := s.table.Find(name, s.grammar.Prefixes)
	*named = err != nil || !r.Explains
	if err != nil || !r.Verbatim {
		return true
	}
	s.scanVerbatim(r)
	return false
}

// isAmpersand reports whether w is the "&" that ends a command. It returns false if w is
// the first word of the command.
func (s *scanner) isAmpersand(w codec.Word) bool {
	if w.Text != "&" || w.Quoted || len(s.part.Tokens) == 0 {
		return false
	}
	rest := strings.TrimLeft(s.line[w.End:], " \t")
	return rest == "" || strings.IndexByte(s.ends, rest[0]) >= 0
}

// addOperator adds the operator at the beginning of w, and then the rest of w as the file
// of the operator. If w has no such rest, addOperator returns true, because the next word
// is the file.
func (s *scanner) addOperator(w codec.Word) (wantsFile bool) {
	sign := s.line[w.Start : w.Start+1]
	if strings.HasPrefix(s.line[w.Start:], ">>") {
		sign = ">>"
	}
	file := w
	file.Text, file.Start = w.Text[len(sign):], w.Start+len(sign)
	s.add(codec.Word{Text: sign, Start: w.Start, End: file.Start}, Operator)
	if file.Text == "" {
		return true
	}
	s.add(file, File)
	return false
}

// scanFilter scans a line for the local shell. bar is the offset of the "|" before it.
func (s *scanner) scanFilter(bar int) {
	s.pos = s.filterEnd(bar + 1)
	text, background := strings.CutSuffix(strings.TrimSpace(s.line[bar+1:s.pos]), " &")
	s.add(codec.Word{Text: text, Quoted: true, Start: bar, End: s.pos}, Filter)
	s.part.Background = background
}

// filterEnd returns the offset of the end of the filter that begins at pos. The filter
// ends at the first separator that is not quoted for the local shell.
func (s *scanner) filterEnd(pos int) int {
	var quote byte
	for ; pos < len(s.line); pos++ {
		switch c := s.line[pos]; {
		case c == '\\' && quote != '\'' && localEscapes:
			pos++
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '"', c == '\'' && localEscapes:
			quote = c
		case strings.IndexByte(s.ends, c) >= 0:
			return pos
		}
	}
	return len(s.line)
}

// scanVerbatim scans the words after the name of r, a command whose last argument is
// verbatim: first the options, and then everything that follows them as one argument.
func (s *scanner) scanVerbatim(r Row) {
	for {
		w, next, err := codec.Scan(s.line, s.pos, "")
		_, argument := r.optionBefore(s.part.Tokens[len(s.part.Tokens)-1].Word)
		option := !w.Quoted && len(w.Text) > 1 && w.Text[0] == '-'
		if err != nil || !option && !argument || w.End == w.Start {
			break
		}
		s.add(w, Argument)
		s.pos = next
	}
	rest := strings.TrimLeftFunc(s.line[s.pos:], unicode.IsSpace)
	w := codec.Word{Text: strings.TrimSpace(rest), Quoted: true, Start: len(s.line) - len(rest)}
	w.End = w.Start + len(w.Text)
	var sign codec.Word
	if r.Verb != "" {
		w, sign = s.unwrap(w)
	}
	if w.Text != "" {
		s.add(w, Rest)
	}
	if sign.Text != "" {
		s.add(sign, Ampersand)
		s.part.Background = true
	}
	s.pos = len(s.line)
}

// unwrap splits rest into w and sign. sign is the "&" at the end of rest, or empty. w is
// everything before sign. If this is only one word, and the word is quoted, w does not
// include the quotes.
func (s *scanner) unwrap(rest codec.Word) (w, sign codec.Word) {
	var words []codec.Word
	for pos := rest.Start; pos < rest.End; {
		one, next, err := codec.Scan(s.line[:rest.End], pos, "")
		if err != nil && one.Open == 0 {
			return rest, sign
		}
		words, pos = append(words, one), next
	}
	if n := len(words) - 1; n >= 0 && words[n].Text == "&" && !words[n].Quoted {
		sign, words = words[n], words[:n]
		rest.Text = strings.TrimSpace(s.line[rest.Start:sign.Start])
		rest.End = rest.Start + len(rest.Text)
	}
	if len(words) == 1 && words[0].Quoted && (words[0].Open == 0 || s.grammar.OpenQuotes) {
		rest.Text = words[0].Text
	}
	return rest, sign
}
