package shell

import (
	"context"
	"strings"

	"techsh/codec"
	"techsh/shell/lineedit"
)

// complete answers the Tab key: what the line becomes, or what there is to
// choose from.
func (s *Shell) complete(ctx context.Context, line string, pos int) lineedit.Completion {
	words, last := tabWords(line[:pos])
	list := s.candidates(ctx, words, last)
	if len(list) == 0 {
		return lineedit.Completion{Line: line, Pos: pos}
	}
	common := list[0].text
	for _, c := range list[1:] {
		common = commonPrefix(common, c.text)
	}
	tail := line[pos:]
	word := codec.Word{Text: common, Quoted: last.Quoted || !strings.HasPrefix(last.Text, "-")} // an option in quotes is none
	if len(list) == 1 {
		text := openQuote(word)
		if !list[0].more {
			text = codec.Quote(word)
			if !strings.HasPrefix(tail, " ") {
				text += " "
			}
		}
		return lineedit.Completion{Line: line[:last.Start] + text + tail, Pos: last.Start + len(text)}
	}
	c := lineedit.Completion{Line: line, Pos: pos}
	if len(common) > len(last.Text) || !strings.EqualFold(common, last.Text) && len(common) == len(last.Text) {
		text := openQuote(word)
		c.Line, c.Pos = line[:last.Start]+text+tail, last.Start+len(text)
		return c
	}
	for _, one := range list {
		c.List = append(c.List, one.label)
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
func (s *Shell) candidates(ctx context.Context, words []codec.Word, last codec.Word) []candidate {
	if len(words) == 0 {
		if strings.HasPrefix(last.Text, "!") {
			return nil
		}
		return s.commandNames(last.Text)
	}
	r, err := s.find(strings.TrimPrefix(words[0].Text, "-"), true)
	if err != nil {
		return nil
	}
	if signs, redirects := redirectsTo(words[1:]); redirects {
		if signs {
			return s.localPaths(last, false)
		}
		return nil // the shell here would know
	}
	if strings.HasPrefix(last.Text, "-") && !last.Quoted {
		return plain(last.Text, r.optionNames())
	}
	if len(words) > 1 {
		if o, ok := r.wanting(words[len(words)-1]); ok {
			return s.ofOption(ctx, o, last)
		}
	}
	return s.ofKind(ctx, r.kindAt(words[1:]), last)
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

// kindAt returns the kind of the word behind words. The last of two words or
// more of get and put is on the other side.
func (r row) kindAt(words []codec.Word) kind {
	args, err := codec.Options(words, r.options, r.leading)
	if err != nil || len(r.kinds) == 0 {
		return anything
	}
	n := len(args.Words)
	switch {
	case n > 0 && r.name() == "get":
		return localFile
	case n > 0 && r.name() == "put":
		return remotePath
	case n > 0 && r.leading:
		return remotePath // the arguments of a program
	}
	return r.kinds[min(n, len(r.kinds)-1)]
}

func (s *Shell) ofOption(ctx context.Context, o codec.Option, w codec.Word) []candidate {
	switch o.Arg {
	case "DIR":
		return s.ofKind(ctx, remoteFolder, w)
	case "FILE":
		return s.ofKind(ctx, localFile, w)
	case "N|all":
		return s.ofKind(ctx, displayNumber, w)
	}
	return nil
}

func (s *Shell) ofKind(ctx context.Context, k kind, w codec.Word) []candidate {
	switch k {
	case remotePath, remoteFolder:
		return s.remotePaths(ctx, w, k == remoteFolder)
	case localFile, localFolder:
		return s.localPaths(w, k == localFolder)
	case eitherFolder:
		return s.eitherFolders(ctx, w)
	case hostName:
		return sorted(plain(w.Text, s.hosts()))
	case commandName:
		return s.commandNames(w.Text)
	case helpTopic:
		return sorted(append(s.commandNames(w.Text), plain(w.Text, []string{courseTopic})...))
	case processName:
		return s.processNames(ctx, w)
	case displayNumber:
		answer, err := s.text(ctx, "DISP")
		if err != nil {
			return nil
		}
		var numbers []string
		for line := range strings.Lines(answer) {
			number, _, _ := strings.Cut(line, " ")
			numbers = append(numbers, codec.Show(number))
		}
		return plain(w.Text, append(numbers, "all"))
	}
	return nil
}
