package command

import (
	"context"
	"slices"
	"strings"

	"techsh/codec"
)

// A Completion is what the Tab key makes of a line, or what there is to choose
// from.
type Completion struct {
	Line string
	Pos  int
	List []string
}

// Complete completes the word in front of the cursor, which is at pos, a position
// in bytes.
func (env *Env) Complete(ctx context.Context, line string, pos int) Completion {
	before, word := env.Table.wordAtEnd(line[:pos])
	return completed(line, pos, word.Word, env.candidates(ctx, before, word))
}

// completed returns what a line becomes whose word in front of the cursor can
// become any of list.
func completed(line string, pos int, typed codec.Word, list []Candidate) Completion {
	c := Completion{Line: line, Pos: pos}
	if len(list) == 0 {
		return c
	}
	common := list[0].Text
	for _, one := range list[1:] {
		common = commonPrefix(common, one.Text)
	}
	word := codec.Word{Text: common, Quoted: typed.Quoted || !strings.HasPrefix(typed.Text, "-")} // a quoted option is a name
	text, tail := openQuote(word), line[pos:]
	switch {
	case len(list) == 1 && !list[0].More:
		text = codec.Quote(word)
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

// wordAtEnd returns the word that is being typed at the end of a line, which may be
// empty, and the tokens in front of it, in its command.
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

// openQuote quotes a word without the closing quote: it may go on.
func openQuote(w codec.Word) string {
	q := codec.Quote(w)
	if strings.HasSuffix(q, `"`) && q != w.Text {
		return q[:len(q)-1]
	}
	return q
}

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

// candidates returns what the word being typed behind some tokens can become.
func (env *Env) candidates(ctx context.Context, before []Token, typed Token) []Candidate {
	words, wantsFile, ok := completable(before, typed)
	switch {
	case !ok:
		return nil
	case wantsFile:
		return LocalFile(ctx, env, typed.Word)
	case len(words) == 0:
		return CommandName(ctx, env, typed.Word)
	}
	r, _, _, err := env.Table.named(words[0], true)
	if err != nil {
		return nil
	}
	if strings.HasPrefix(typed.Text, "-") && !typed.Quoted {
		return MatchPrefix(typed.Text, r.optionNames())
	}
	if len(words) > 1 {
		if o, ok := r.wanting(words[len(words)-1]); ok {
			return complete(ctx, env, r.ofOption(o), typed.Word)
		}
	}
	return complete(ctx, env, r.kindAt(words[1:]), typed.Word)
}

// completable returns the words in front of the one being typed and whether that
// is the file of an operator. Behind such a file, in a line for a local shell and
// in one that is taken as typed, nothing can be completed.
func completable(before []Token, typed Token) (words []codec.Word, wantsFile, ok bool) {
	redirects := false
	for i, token := range append(slices.Clip(before), typed) {
		switch {
		case i > 0 && before[i-1].Role == Operator && token.Role != Filter:
			if i == len(before) {
				return nil, true, true
			}
			redirects = true
		case token.Role >= Filter && token.Role != Ampersand:
			return nil, false, false
		case token.Role == Argument && i < len(before):
			words = append(words, token.Word)
		}
	}
	return words, false, !redirects
}

// kindAt returns the kind of the word behind words.
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

// ofOption returns the kind of the argument of an option.
func (r Row) ofOption(o codec.Option) Kind {
	switch o.Arg {
	case "DIR":
		return RemoteFolder
	case "FILE":
		return LocalFile
	}
	return r.Values[o.Key()]
}

func complete(ctx context.Context, env *Env, k Kind, w codec.Word) []Candidate {
	if k == nil {
		return nil
	}
	return k(ctx, env, w)
}
