package command

import (
	"context"
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

// Complete answers the Tab key.
func (env *Env) Complete(ctx context.Context, line string, pos int) Completion {
	words, last := tabWords(line[:pos])
	list := env.candidates(ctx, words, last)
	if len(list) == 0 {
		return Completion{Line: line, Pos: pos}
	}
	common := list[0].Text
	for _, c := range list[1:] {
		common = commonPrefix(common, c.Text)
	}
	tail := line[pos:]
	word := codec.Word{Text: common, Quoted: last.Quoted || !strings.HasPrefix(last.Text, "-")} // an option in quotes is none
	if len(list) == 1 {
		text := openQuote(word)
		if !list[0].More {
			text = codec.Quote(word)
			if !strings.HasPrefix(tail, " ") {
				text += " "
			}
		}
		return Completion{Line: line[:last.Start] + text + tail, Pos: last.Start + len(text)}
	}
	c := Completion{Line: line, Pos: pos}
	if len(common) > len(last.Text) || !strings.EqualFold(common, last.Text) && len(common) == len(last.Text) {
		text := openQuote(word)
		c.Line, c.Pos = line[:last.Start]+text+tail, last.Start+len(text)
		return c
	}
	for _, one := range list {
		c.List = append(c.List, one.Label)
	}
	return c
}

// tabWords returns the words in front of the cursor since the last ";", and
// the one that is being typed, which may be empty.
func tabWords(head string) (words []codec.Word, last codec.Word) {
	for pos := 0; ; {
		var next int
		words, next, _ = cut(head, pos, ";", true)
		if next >= len(head) {
			break
		}
		pos = next + 1
	}
	n := len(words)
	if n == 0 || words[n-1].End < len(head) || words[n-1].Quoted && words[n-1].Open == 0 {
		return words, codec.Word{Start: len(head), End: len(head)}
	}
	return words[:n-1], words[n-1]
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

// candidates returns what last can become behind words.
func (env *Env) candidates(ctx context.Context, words []codec.Word, last codec.Word) []Candidate {
	if len(words) == 0 {
		if strings.HasPrefix(last.Text, "!") {
			return nil
		}
		return CommandName(ctx, env, last)
	}
	r, err := env.Table.Find(strings.TrimPrefix(words[0].Text, "-"), true)
	if err != nil {
		return nil
	}
	if signs, redirects := redirectsTo(words[1:]); redirects {
		if signs {
			return LocalFile(ctx, env, last)
		}
		return nil // the shell here would know
	}
	if strings.HasPrefix(last.Text, "-") && !last.Quoted {
		return MatchPrefix(last.Text, r.optionNames())
	}
	if len(words) > 1 {
		if o, ok := r.wanting(words[len(words)-1]); ok {
			return complete(ctx, env, r.ofOption(o), last)
		}
	}
	return complete(ctx, env, r.kindAt(words[1:]), last)
}

// redirectsTo says whether there is an operator among words, and whether the
// last of them is one that a file follows.
func redirectsTo(words []codec.Word) (file, operators bool) {
	for _, w := range words {
		if !w.Quoted && strings.HasPrefix(w.Text, "|") {
			return false, true
		}
		file = !w.Quoted && (w.Text == "<" || w.Text == ">" || w.Text == ">>")
		operators = operators || file
	}
	return file, operators
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
