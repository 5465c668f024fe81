package command

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/console"
)

// A Candidate is a possible completion of a word.
type Candidate struct {
	Text  string // the whole word, without quotes
	More  bool   // the word may continue, as after a folder, so no space is added
	Label string // how a list of candidates shows it; may contain colours
}

// MatchPrefix returns the words that begin with text, ignoring case, as candidates.
func MatchPrefix(text string, words []string) []Candidate {
	var list []Candidate
	for _, w := range words {
		if len(w) >= len(text) && strings.EqualFold(w[:len(text)], text) {
			list = append(list, Candidate{Text: w, Label: w})
		}
	}
	return list
}

// CommandName completes a command name.
func CommandName(_ context.Context, env *Env, w codec.Word) []Candidate {
	text := w.Text
	var names []string
	for _, r := range env.Table.Rows {
		if r.Name() == "!" || !env.Offers(r) {
			continue
		}
		names = append(names, r.Name())
		for _, n := range r.Names[1:] {
			if text != "" && n != "?" && strings.HasPrefix(n, strings.ToLower(text)) {
				names = append(names, n)
			}
		}
	}
	slices.Sort(names)
	return MatchPrefix(text, names)
}

// RemotePath completes a remote path.
func RemotePath(ctx context.Context, env *Env, w codec.Word) []Candidate {
	return remotePaths(ctx, env, w, false)
}

// RemoteFolder completes the path of a remote folder.
func RemoteFolder(ctx context.Context, env *Env, w codec.Word) []Candidate {
	return remotePaths(ctx, env, w, true)
}

// LocalFile completes a local path.
func LocalFile(_ context.Context, env *Env, w codec.Word) []Candidate {
	return localPaths(env, w, false)
}

// LocalFolder completes the path of a local folder.
func LocalFolder(_ context.Context, env *Env, w codec.Word) []Candidate {
	return localPaths(env, w, true)
}

// HostName completes the name of a known computer.
func HostName(_ context.Context, env *Env, w codec.Word) []Candidate {
	return SortCandidates(MatchPrefix(w.Text, env.Hosts()))
}

// remotePaths returns the remote paths that w may become. It asks the remote, because
// only the remote knows the separator of its paths.
func remotePaths(ctx context.Context, env *Env, w codec.Word, foldersOnly bool) []Candidate {
	if !env.Conn.Alive() {
		return nil
	}
	if env.Dialect != "" {
		return namesIn(ctx, env, w)
	}
	var list []Candidate
	under := ""
	words := append([]codec.Word{codec.Bare("-c")}, client.Operands([]codec.Word{w})...)
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
			list = append(list, Candidate{e.Name, e.Kind == codec.Folder, env.Console.Paint.Entry(e, label)})
			return nil
		},
	})
	if err != nil {
		return nil
	}
	return SortCandidates(list)
}

// namesIn does the work of remotePaths in a dialect. There, DIR returns only the names
// in a folder, without their kinds.
func namesIn(ctx context.Context, env *Env, w codec.Word) []Candidate {
	if !env.Conn.Offers("DIR") {
		return nil
	}
	cut := strings.LastIndexAny(w.Text, `/\`) + 1
	under, begin := w.Text[:cut], w.Text[cut:]
	var folder []codec.Word
	if under != "" {
		folder = client.Operands(codec.Lits(under))
	}
	var list []Candidate
	_, err := env.Conn.Call(ctx, "DIR", folder, link.Answer{Entry: func(e codec.Entry) error {
		if strings.HasPrefix(e.Name, begin) && !strings.Contains(e.Name, " ") {
			list = append(list, Candidate{under + e.Name, true, codec.Name(e.Name)})
		}
		return nil
	}})
	if err != nil && !console.IsCode(err, codec.Partial) {
		return nil
	}
	return SortCandidates(list)
}

// localPaths returns the local paths that w may become. If foldersOnly is set, it
// returns only folders. It returns hidden files only if the name in w begins with a dot,
// and leaves out parts of incomplete transfers.
func localPaths(env *Env, w codec.Word, foldersOnly bool) []Candidate {
	under, begin := filepath.Split(w.Text)
	if !w.Quoted && len(under) > 1 && under[0] == '~' && os.IsPathSeparator(under[1]) {
		if home, err := os.UserHomeDir(); err == nil {
			under = home + under[1:] // the candidate may need quotes, which disable "~"
		}
	}
	entries, err := os.ReadDir(env.Local.Path(under))
	if err != nil {
		return nil
	}
	var list []Candidate
	for _, d := range entries {
		name := d.Name()
		if !strings.HasPrefix(name, begin) || begin == "" && name[0] == '.' || d.Type().IsRegular() && landing.IsPart(name) {
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
		label = env.Console.Paint.Entry(landing.EntryOf(name, fi), label)
		list = append(list, Candidate{under + name, folder, label})
	}
	return SortCandidates(list)
}

// SortCandidates sorts candidates by text, in place, and returns them.
func SortCandidates(list []Candidate) []Candidate {
	slices.SortFunc(list, func(a, b Candidate) int { return strings.Compare(a.Text, b.Text) })
	return list
}
