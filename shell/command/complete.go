package command

import (
	"context"
	"slices"
	"strings"

	"techsh/codec"
)

// A Completion is the result of pressing Tab.
type Completion struct {
	Line string   // the line, with the word before the cursor completed as far as possible
	Pos  int      // the position of the cursor in Line, in bytes
	List []string // the first candidates, if the word could not be completed
	More int      // the number of candidates that are missing in List, or Unknown
}

// Complete completes the word before the cursor, which is at the byte offset pos.
func (e *Env) Complete(ctx context.Context, line string, pos int) Completion {
	before, word := e.Table.wordAtEnd(line[:pos])
	return completed(line, pos, word.Word, e.candidates(ctx, before, word))
}

// completed returns the completion of line. The parameter typed is the word before the
// cursor, the parameter pos is the position of the cursor, and the parameter list
// contains the candidates for the word.
func completed(line string, pos int, typed codec.Word, list Candidates) Completion {
	c := Completion{Line: line, Pos: pos}
	if len(list.List) == 0 {
		return c
	}
	word := codec.Word{Text: list.common(), Quoted: !list.Bare}
	head, tail := line[:typed.Start], line[pos:]
	mark := string(typed.Open) // the open quote before the cursor, if there is one
	closes := typed.Open != 0 && strings.HasPrefix(tail, mark)
	if closes {
		tail = tail[1:]
	}
	var text, behind string
	switch single := len(list.List) == 1 && list.More == 0; {
	case single && !list.List[0].More:
		if text = quote(word); !strings.HasPrefix(tail, " ") {
			text += " "
		}
	case !single && (len(word.Text) < len(typed.Text) || strings.EqualFold(word.Text, typed.Text)):
		for _, one := range list.List {
			c.List = append(c.List, one.Label)
		}
		c.More = list.More
		return c
	default:
		text = openQuote(word, typed.Open != 0)
		if tail != "" && text != quote(word) { // without a closing quote, the word would include the tail
			behind = `"`
		}
	}
	endsWord := tail == "" || strings.IndexByte(" \t;", tail[0]) >= 0
	if !endsWord && (typed.Open != 0 && !closes || strings.HasPrefix(text, `e"`)) {
		return c // the rest of the word would be quoted differently
	}
	c.Line, c.Pos = head+text+behind+tail, len(head)+len(text)
	return c
}

// wordAtEnd finds the word that is being typed at the end of a line. The word may be
// empty. before contains the tokens that precede it in the same command.
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

// quote is like codec.Quote, but escapes characters that cannot be shown as they are.
func quote(w codec.Word) string {
	if w.Quoted && codec.Show(w.Text) != w.Text {
		return codec.Name(w.Text)
	}
	return codec.Quote(w)
}

// openQuote quotes the beginning of a word, without a closing quote. If quoted is true,
// it uses a quote even if the beginning needs none, because the rest may need one.
func openQuote(w codec.Word, quoted bool) string {
	q := quote(w)
	switch {
	case strings.HasSuffix(q, `"`) && q != w.Text:
		return q[:len(q)-1]
	case quoted:
		return `"` + q
	}
	return q
}

// candidates returns the candidates for the word that is being typed, which is in the
// parameter typed. The parameter before contains the tokens that precede this word in the
// same command.
func (e *Env) candidates(ctx context.Context, before []Token, typed Token) Candidates {
	words, wantsFile, ok := completable(before, typed)
	switch {
	case !ok:
		return Candidates{}
	case wantsFile:
		return LocalFile(ctx, e, typed.Word)
	case len(words) == 0:
		return CommandName(ctx, e, typed.Word)
	}
	name, _ := commandName(words[0])
	r, err := e.Table.Find(name, true)
	if err != nil {
		return Candidates{}
	}
	words = words[1:]
	if args, err := codec.Options(words, r.Options, r.OptionsFirst); r.Explains && err == nil && len(args.Words) > 0 {
		name, _ = commandName(args.Words[0])
		if r, err = e.Table.Find(name, true); err != nil {
			return Candidates{}
		}
		words = args.Words[1:]
	}
	if r.SingleDash {
		words = doubleDashed(words, r.Options)
	}
	if n := len(words) - 1; n >= 0 && r.mayTakeOption(words[:n]) {
		if o, ok := r.optionBefore(words[n]); ok {
			return r.kindOfArgument(o).candidates(ctx, e, typed.Word)
		}
	}
	if strings.HasPrefix(typed.Text, "-") && !typed.Quoted && r.mayTakeOption(words) {
		c := MatchPrefix(typed.Text, r.optionNames())
		c.Bare = true
		return c
	}
	return r.kindAt(words).candidates(ctx, e, typed.Word)
}

// mayTakeOption reports whether the word after the given words may be an option. If it
// returns false, that word is not an option, even if the word begins with a dash.
func (r Row) mayTakeOption(words []codec.Word) bool {
	args, err := codec.Options(words, r.Options, r.OptionsFirst)
	if err != nil { // such as an option without its argument
		return false
	}
	probed, _ := codec.Options(append(slices.Clone(words), codec.Bare("--")), r.Options, r.OptionsFirst)
	return len(probed.Words) == len(args.Words) // the "--" was not taken as an operand
}

// completable returns the words that precede the token typed in its command, and whether
// this token is the file of an operator. ok is false if the token cannot be completed,
// because it follows such a file, or is part of a text that is taken verbatim, such as a
// shell command.
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

// kindAt returns the Kind of the word that follows the given words, which may include
// options.
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
func (k Kind) candidates(ctx context.Context, env *Env, w codec.Word) Candidates {
	if k == nil {
		return Candidates{}
	}
	return k(ctx, env, w)
}
