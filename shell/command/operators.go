package command

import (
	"fmt"
	"strings"

	"techsh/codec"
)

// A Redirection is where the operators behind a command send its streams, all
// on this side: "< file", "> file", ">> file", "| command".
type Redirection struct {
	From, To codec.Word // files; without a text there is none
	Appends  bool       // to the file, which is not emptied before
	Filter   string     // a line for the shell here that reads what is printed, or ""
}

// filterAt returns where in the line, from pos on, a "|" begins that sends
// what the command prints to a filter, or where the line ends.
func filterAt(line string, pos int, ends string) int {
	for pos < len(line) {
		w, next, err := codec.Scan(line, pos, ends)
		switch {
		case w.Start < len(line) && line[w.Start] == '|':
			return w.Start
		case err != nil, w.Start == w.End, next < len(line) && strings.IndexByte(ends, line[next]) >= 0:
			return len(line)
		}
		pos = next
	}
	return len(line)
}

// filterEnd returns where a filter ends that begins at pos: at the first byte
// of ends that is not quoted as the shell here quotes.
func filterEnd(line string, pos int, ends string) int {
	var quote byte
	for ; pos < len(line); pos++ {
		switch c := line[pos]; {
		case c == '\\' && quote != '\'' && localEscapes:
			pos++
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '"', c == '\'' && localEscapes:
			quote = c
		case strings.IndexByte(ends, c) >= 0:
			return pos
		}
	}
	return len(line)
}

// operators takes the operators out of the words of a line.
func operators(line string, words []codec.Word) (rest []codec.Word, r Redirection, err error) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		sign := line[w.Start:][:min(2, len(line)-w.Start)]
		to := &r.To
		switch {
		case sign == ">>":
			r.Appends = true
		case sign[0] == '>':
			sign = ">"
		case sign[0] == '<':
			sign, to = "<", &r.From
		default:
			rest = append(rest, w)
			continue
		}
		if w.Text = w.Text[len(sign):]; w.Text == "" && i+1 < len(words) {
			i++
			w = words[i]
		}
		switch {
		case w.Text == "":
			return nil, r, fmt.Errorf("%s: a file is missing", sign)
		case to.Text != "":
			return nil, r, fmt.Errorf("%s: the file %s is named already", sign, codec.Quote(*to))
		}
		*to = w
	}
	return rest, r, nil
}
