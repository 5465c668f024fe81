package command

import (
	"context"
	"strings"

	"techsh/codec"
)

// A Completion is the result of pressing Tab.
type Completion struct {
	Line string   // the line, with the word before the cursor completed as far as possible
	Pos  int      // the position of the cursor in Line, in bytes
	List []string // the candidates, if the word could not be completed
}

// Complete completes the word before the cursor, which is at the byte offset pos.
func (e *Env) Complete(ctx context.Context, line string, pos int) Completion {
	before, word := e.Table.wordAtEnd(line[:pos])
	return completed(line, pos, word.Word, e.candidates(ctx, before, word))
}

// completed returns the completion of line. typed is the word before the cursor, which
// is at pos, and list contains the candidates for it.
func completed(line string, pos int, typed codec.Word, list []Candidate) Completion {
	c := Completion{Line: line, Pos: pos}
	if len(list) == 0 {
		return c
	}
	common := list[0].Text
	for _, one := range list[1:] {
		common = commonPrefix(common, one.Text)
	}
	option := !typed.Quoted && strings.HasPrefix(typed.Text, "-") // a quoted word is a name
	word := codec.Word{Text: common, Quoted: !option}
	text, tail := openQuote(word), line[pos:]
	switch {
	case len(list) == 1 && !list[0].More:
		text = quote(word)
		if !strings.HasPrefix(tail, " ") {
			text += " "
		}
	case len(list) == 1:
	case len(common) < len(typed.Text), strings.EqualFold(common, typed.Text):
		for _, one := range list {
			c.List = append(c.List, one.Label)
		}
		return c
	}
	c.Line, c.Pos = line[:typed.Start]+text+tail, typed.Start+len(text)
	return c
}

// wordAtEnd finds the word that is being typed at the end of a line, which may be empty.
// before contains the tokens of the same command that precede the word.
func (t Table) wordAtEnd(line string) (before []Token, word Token) {
	parts := t.Scan(line, PromptGrammar())
	word = Token{Word: codec.Word{Start: len(line), End: len(line)}}
	if len(parts) == 0 || parts[len(parts)-1].End < len(line) {
		return nil, word
	}
	before = parts[len(parts)-1].Tokens
	n := len(before) - 1
	if n < 0 || before[n].End < len(line) || before[n].Quoted && before[n].Open == 0 && before[n].Role < Filter {
		return before, word
	}
	if word = before[n]; word.Role == Rest && line[word.Start:] == "-" { // an option begins
		word = Token{Word: codec.Word{Text: "-", Start: word.Start, End: word.End}}
	}
	return before[:n], word
}

// quote is like codec.Quote, but escapes what nobody could see in a name.
func quote(w codec.Word) string {
	if w.Quoted && codec.Show(w.Text) != w.Text {
		return codec.Name(w.Text)
	}
	return codec.Quote(w)
}

// openQuote quotes a word that may continue: like codec.Quote, but without a closing
// quote.
func openQuote(w codec.Word) string {
	q := quote(w)
	if strings.HasSuffix(q, `"`) && q != w.Text {
		return q[:len(q)-1]
	}
	return q
}

// commonPrefix returns the longest common prefix of a and b, in whole runes.
func commonPrefix(a, b string) string {
	n := 0
	for i, r := range a {
		if i >= len(b) || !strings.HasPrefix(b[i:], string(r)) {
			break
		}
		n = i + len(string(r))
	}
	return a[:min(n, len(a))]
}

// candidates returns the candidates for typed, the word that is being typed. before
// contains the tokens that precede it in the same command.
func (e *Env) candidates(ctx context.Context, before []Token, typed Token) []Candidate {
	words, wantsFile, ok := completable(before, typed)
	switch {
	case !ok:
		return nil
	case wantsFile:
		return LocalFile(ctx, e, typed.Word)
	case len(words) == 0:
		return CommandName(ctx, e, typed.Word)
	}
	name, _ := commandName(words[0])
	r, err := e.Table.Find(name, true)
	if err != nil {
		return nil
	}
	if strings.HasPrefix(typed.Text, "-") && !typed.Quoted {
		return MatchPrefix(typed.Text, r.optionNames())
	}
	if len(words) > 1 {
		if o, ok := r.optionBefore(words[len(words)-1]); ok {
			return r.kindOfArgument(o).candidates(ctx, e, typed.Word)
		}
	}
	return r.kindAt(words[1:]).candidates(ctx, e, typed.Word)
}

// completable returns the words that precede typed in its command, and whether typed is
// the file of an operator. ok is false if typed cannot be completed, because it follows
// such a file, or is part of a text that is taken verbatim, such as a shell command.
func completable(before []Token, typed Token) (words []codec.Word, wantsFile, ok bool) {
	if typed.Role > File && typed.Role != Ampersand {
		return nil, false, false
	}
	ok = true
	for _, token := range before {
		switch token.Role {
		case Argument:
			words = append(words, token.Word)
		case Filter, Rest, Comment:
			return nil, false, false
		}
		wantsFile = token.Role == Operator
		ok = ok && token.Role != File
	}
	return words, wantsFile, ok || wantsFile
}

// kindAt returns the Kind of the word that follows words. words may include options.
func (r Row) kindAt(words []codec.Word) Kind {
	args, err := codec.Options(words, r.Options, r.OptionsFirst)
	if err != nil || len(r.Kinds) == 0 {
		return nil
	}
	n := len(args.Words)
	if n > 0 && r.Target != nil {
		return r.Target
	}
	return r.Kinds[min(n, len(r.Kinds)-1)]
}

// kindOfArgument returns the Kind of an option's argument.
func (r Row) kindOfArgument(o codec.Option) Kind {
	switch o.Arg {
	case "DIR":
		return RemoteFolder
	case "FILE":
		return LocalFile
	}
	return r.Values[o.Key()]
}

// candidates returns the candidates for w. A nil Kind has none.
func (k Kind) candidates(ctx context.Context, env *Env, w codec.Word) []Candidate {
	if k == nil {
		return nil
	}
	return k(ctx, env, w)
}
