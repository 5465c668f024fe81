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

// commandName completes the name of a command.
func commandName(_ context.Context, env *Env, w codec.Word) []candidate {
	text := w.Text
	var names []string
	for _, r := range env.Table.Rows {
		if r.name() == "!" || !env.Offers(r) {
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

// remotePath completes a remote path.
func remotePath(ctx context.Context, env *Env, w codec.Word) []candidate {
	return remotePaths(ctx, env, w, false)
}

// remoteFolder completes the path of a remote folder.
func remoteFolder(ctx context.Context, env *Env, w codec.Word) []candidate {
	return remotePaths(ctx, env, w, true)
}

// localFile completes a local path.
func localFile(_ context.Context, env *Env, w codec.Word) []candidate {
	return localPaths(env, w, false)
}

// localFolder completes the path of a local folder.
func localFolder(_ context.Context, env *Env, w codec.Word) []candidate {
	return localPaths(env, w, true)
}

// hostName completes the name of a known computer.
func hostName(_ context.Context, env *Env, w codec.Word) []candidate {
	return sorted(plain(w.Text, env.Hosts()))
}

// remotePaths asks the remote what a path can become: only it knows how its
// paths are cut.
func remotePaths(ctx context.Context, env *Env, w codec.Word, foldersOnly bool) []candidate {
	if !env.Conn.Alive() {
		return nil
	}
	if env.Dialect != "" {
		return namesIn(ctx, env, w)
	}
	var list []candidate
	under := ""
	words := append([]codec.Word{codec.Bare("-c")}, Guarded([]codec.Word{w})...)
	_, err := env.Conn.Call(ctx, "DIR", words, link.Answer{
		File: func(e codec.Entry) error {
			under = e.Name
			return nil
		},
		Entry: func(e codec.Entry) error {
			if foldersOnly && e.Kind != codec.Folder {
				return nil
			}
			label := codec.Name(strings.TrimPrefix(e.Name, under))
			list = append(list, candidate{e.Name, e.Kind == codec.Folder, env.Console.Paint.Entry(e, label)})
			return nil
		},
	})
	if err != nil {
		return nil
	}
	return sorted(list)
}

// namesIn is remotePaths in a dialect, which lists a folder at most. Whether a name
// is one of those, and goes on, it does not say.
func namesIn(ctx context.Context, env *Env, w codec.Word) []candidate {
	if !env.Conn.Offers("DIR") {
		return nil
	}
	cut := strings.LastIndexAny(w.Text, `/\`) + 1
	under, begin := w.Text[:cut], w.Text[cut:]
	var folder []codec.Word
	if under != "" {
		folder = Guarded(codec.Lits(under))
	}
	var list []candidate
	_, err := env.Conn.Call(ctx, "DIR", folder, link.Answer{Entry: func(e codec.Entry) error {
		if strings.HasPrefix(e.Name, begin) && !strings.Contains(e.Name, " ") {
			list = append(list, candidate{under + e.Name, true, codec.Name(e.Name)})
		}
		return nil
	}})
	if err != nil && !IsCode(err, codec.Partial) {
		return nil
	}
	return sorted(list)
}

func localPaths(env *Env, w codec.Word, foldersOnly bool) []candidate {
	under, begin := filepath.Split(w.Text)
	if home, err := os.UserHomeDir(); err == nil && !w.Quoted && strings.HasPrefix(under, "~") && len(under) > 1 && os.IsPathSeparator(under[1]) {
		under = home + under[1:] // what it becomes can be quoted, "~" cannot
	}
	entries, err := os.ReadDir(env.Local.Path(under))
	if err != nil {
		return nil
	}
	var list []candidate
	for _, d := range entries {
		name := d.Name()
		if !strings.HasPrefix(name, begin) || begin == "" && name[0] == '.' || transfer.IsPart(name) {
			continue
		}
		fi, err := os.Stat(filepath.Join(env.Local.Path(under), name))
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
		list = append(list, candidate{under + name, folder, env.Console.Paint.Entry(transfer.EntryOf(name, fi), label)})
	}
	return sorted(list)
}

func sorted(list []candidate) []candidate {
	slices.SortFunc(list, func(a, b candidate) int { return strings.Compare(a.text, b.text) })
	return list
}
