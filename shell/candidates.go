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
	if s.Dialect != "" {
		return s.namesIn(ctx, c, w)
	}
	var list []candidate
	under := ""
	words := append([]codec.Word{codec.Bare("-c")}, guarded([]codec.Word{w})...)
	_, err := c.link.Do(ctx, link.Request{Verb: codec.MakeVerb("DIR"), Words: words, Recv: link.Answer{
		File: func(e codec.Entry) error {
			under = e.Name
			return nil
		},
		Entry: func(e codec.Entry) error {
			if foldersOnly && e.Kind != codec.Folder {
				return nil
			}
			label := codec.Name(strings.TrimPrefix(e.Name, under))
			list = append(list, candidate{e.Name, e.Kind == codec.Folder, s.paint.entry(e, label)})
			return nil
		},
	}.Recv})
	if err != nil {
		return nil
	}
	return sorted(list)
}

// namesIn is remotePaths in a dialect, which lists a folder at most. Whether a name
// is one of those, and goes on, it does not say.
func (s *Shell) namesIn(ctx context.Context, c *connection, w codec.Word) []candidate {
	if !s.can("DIR") {
		return nil
	}
	cut := strings.LastIndexAny(w.Text, `/\`) + 1
	under, begin := w.Text[:cut], w.Text[cut:]
	var folder []codec.Word
	if under != "" {
		folder = guarded(codec.Lits(under))
	}
	var list []candidate
	_, err := c.link.Do(ctx, link.Request{Verb: codec.MakeVerb("DIR"), Words: folder, Recv: link.Answer{Entry: func(e codec.Entry) error {
		if strings.HasPrefix(e.Name, begin) && !strings.Contains(e.Name, " ") {
			list = append(list, candidate{under + e.Name, true, codec.Name(e.Name)})
		}
		return nil
	}}.Recv})
	if err != nil && !isCode(err, codec.Partial) {
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
