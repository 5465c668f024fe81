package shell

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
)

// A candidate is what a word being typed can become.
type candidate struct {
	text  string // the whole word
	more  bool   // it goes on: a folder
	label string // how it is listed
}

// complete answers the Tab key: what the line becomes, or what there is to
// choose from.
func (s *Shell) complete(ctx context.Context, line string, pos int) completion {
	words, last := tabWords(line[:pos])
	list := s.candidates(ctx, words, last)
	if len(list) == 0 {
		return completion{Line: line, Pos: pos}
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
		return completion{Line: line[:last.Start] + text + tail, Pos: last.Start + len(text)}
	}
	c := completion{Line: line, Pos: pos}
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
	if before, ok := words[len(words)-1], true; ok && len(words) > 1 && !before.Quoted {
		for _, o := range r.options {
			if o.Arg != "" && (before.Text == "-"+string(rune(o.Short)) || before.Text == "--"+o.Long) {
				return s.ofOption(ctx, o, last)
			}
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

// plain makes candidates of the words that begin with text.
func plain(text string, words []string) []candidate {
	var list []candidate
	for _, w := range words {
		if len(w) >= len(text) && strings.EqualFold(w[:len(text)], text) {
			list = append(list, candidate{text: w, label: w})
		}
	}
	return list
}

func (s *Shell) commandNames(text string) []candidate {
	var names []string
	for _, r := range s.rows {
		if r.name() == "!" || !s.offers(r) {
			continue
		}
		names = append(names, r.name())
		for _, n := range r.names[1:] {
			if text != "" && n != "?" && strings.HasPrefix(n, strings.ToLower(text)) {
				names = append(names, n)
			}
		}
	}
	slices.Sort(names)
	return plain(text, names)
}

// remotePaths asks the remote what a path can become: only it knows how its
// paths are cut.
func (s *Shell) remotePaths(ctx context.Context, w codec.Word, foldersOnly bool) []candidate {
	c := s.alive()
	if c == nil {
		return nil
	}
	var list []candidate
	under := ""
	words := append([]codec.Word{codec.Bare("-c")}, guarded([]codec.Word{w})...)
	_, err := c.link.Do(ctx, link.Request{Verb: codec.MakeVerb("DIR"), Words: words, Recv: func(f codec.Frame) error {
		switch f.Verb {
		case codec.FILE:
			line, err := f.Line()
			if err != nil {
				return err
			}
			e, err := codec.ParseEntry(line)
			under = e.Name
			return err
		case codec.DATA:
			return codec.Entries(f.Body, func(e codec.Entry) error {
				if foldersOnly && e.Kind != codec.Folder {
					return nil
				}
				label := codec.Name(strings.TrimPrefix(e.Name, under))
				list = append(list, candidate{e.Name, e.Kind == codec.Folder, s.paint.entry(e, label)})
				return nil
			})
		}
		return nil
	}})
	if err != nil {
		return nil
	}
	return sorted(list)
}

// eitherFolders are those of the side that stands in front, or the sides.
func (s *Shell) eitherFolders(ctx context.Context, w codec.Word) (list []candidate) {
	side, path, ok := strings.Cut(w.Text, ":")
	typed := codec.Word{Text: path, Quoted: w.Quoted}
	switch {
	case ok && side == "l":
		list = s.localPaths(typed, true)
	case ok && side == "r":
		list = s.remotePaths(ctx, typed, true)
	default:
		for _, c := range plain(w.Text, []string{"l:", "r:"}) {
			list = append(list, candidate{c.text, true, c.label})
		}
		return list
	}
	for i := range list {
		list[i].text = side + ":" + list[i].text
	}
	return list
}

func (s *Shell) localPaths(w codec.Word, foldersOnly bool) []candidate {
	under, begin := filepath.Split(w.Text)
	if home, err := os.UserHomeDir(); err == nil && !w.Quoted && strings.HasPrefix(under, "~") && len(under) > 1 && os.IsPathSeparator(under[1]) {
		under = home + under[1:] // what it becomes can be quoted, "~" cannot
	}
	entries, err := os.ReadDir(localPath(s.Dir, under))
	if err != nil {
		return nil
	}
	var list []candidate
	for _, d := range entries {
		name := d.Name()
		if !strings.HasPrefix(name, begin) || begin == "" && name[0] == '.' || transfer.IsPart(name) {
			continue
		}
		fi, err := os.Stat(filepath.Join(localPath(s.Dir, under), name))
		if err != nil {
			continue
		}
		folder := fi.IsDir()
		if foldersOnly && !folder {
			continue
		}
		if folder {
			name += string(filepath.Separator)
		}
		label := codec.Name(name)
		list = append(list, candidate{under + name, folder, s.paint.entry(transfer.EntryOf(name, fi), label)})
	}
	return sorted(list)
}

func sorted(list []candidate) []candidate {
	slices.SortFunc(list, func(a, b candidate) int { return strings.Compare(a.text, b.text) })
	return list
}
