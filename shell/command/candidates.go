package command

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
)

// A Candidate is a possible completion of a word.
type Candidate struct {
	Text  string // the whole word, without quotes
	More  bool   // the word may continue, as after a folder, so no space is added
	Label string // how a list of candidates shows it; may contain colours
}

// Candidates are the possible completions of a word.
type Candidates struct {
	List   []Candidate
	Common string // the text that all candidates begin with, if the remote has sent it; else "", see common
	More   int    // the number of candidates that are missing in List; Unknown means that it is not known
	Bare   bool   // the candidates are options, which must not be quoted
}

// Unknown is the value of More if a remote has shortened the list and has not counted the
// missing candidates.
const Unknown = -1

// common returns the text that all candidates begin with, or "" if that is not known.
func (c Candidates) common() string {
	switch {
	case len(c.List) == 1 && c.More == 0:
		return c.List[0].Text // including the separator after a folder
	case c.Common != "" || c.More != 0 || len(c.List) == 0:
		return c.Common
	}
	text := c.List[0].Text
	for _, one := range c.List[1:] {
		text = codec.CommonPrefix(text, one.Text, false)
	}
	return text
}

// sorted sorts the list by text, in place.
func (c Candidates) sorted() Candidates {
	slices.SortFunc(c.List, func(a, b Candidate) int { return strings.Compare(a.Text, b.Text) })
	return c
}

// Listed returns Candidates whose list is complete, and sorts the list by text.
func Listed(list []Candidate) Candidates { return Candidates{List: list}.sorted() }

// The maximum number of candidates in a list, and the maximum number of bytes of their
// texts and labels.
const (
	listLimit = 1000 // a remote does not send more
	listBytes = 1 << 20
)

// A Collector collects candidates, of which there may be very many. It keeps the first
// ones.
type Collector struct {
	list   []Candidate
	bytes  int
	count  int
	common string
}

// Add adds a candidate.
func (c *Collector) Add(one Candidate) {
	if c.count++; c.count == 1 {
		c.common = one.Text
	}
	c.common = strings.Clone(codec.CommonPrefix(c.common, one.Text, false))
	one.Text, one.Label = strings.Clone(one.Text), strings.Clone(one.Label) // they may be parts of long texts
	c.list = append(c.list, one)
	c.bytes += len(one.Text) + len(one.Label)
	if len(c.list) >= 2*listLimit || c.bytes > 2*listBytes {
		c.cut()
	}
}

// cut sorts the list and removes the candidates that exceed the limits.
func (c *Collector) cut() {
	c.list = Listed(c.list).List
	c.bytes = 0
	for i, one := range c.list {
		c.bytes += len(one.Text) + len(one.Label)
		if i == listLimit || i > 0 && c.bytes > listBytes {
			c.bytes -= len(one.Text) + len(one.Label)
			clear(c.list[i:])
			c.list = c.list[:i]
			return
		}
	}
}

// Candidates returns the first candidates, sorted by text.
func (c *Collector) Candidates() Candidates {
	c.cut()
	return Candidates{List: c.list, Common: c.common, More: c.count - len(c.list)}
}

// MatchPrefix returns the words that begin with text, ignoring case, as candidates.
func MatchPrefix(text string, words []string) Candidates {
	var list []Candidate
	for _, w := range words {
		if len(w) >= len(text) && strings.EqualFold(w[:len(text)], text) {
			list = append(list, Candidate{Text: w, Label: w})
		}
	}
	return Candidates{List: list}
}

// CommandName completes a command name.
func CommandName(_ context.Context, env *Env, w codec.Word) Candidates {
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
func RemotePath(ctx context.Context, env *Env, w codec.Word) Candidates {
	return remotePaths(ctx, env, w, false)
}

// RemoteFolder completes the path of a remote folder.
func RemoteFolder(ctx context.Context, env *Env, w codec.Word) Candidates {
	return remotePaths(ctx, env, w, true)
}

// LocalFile completes a local path.
func LocalFile(_ context.Context, env *Env, w codec.Word) Candidates {
	return localPaths(env, w, false)
}

// LocalFolder completes the path of a local folder.
func LocalFolder(_ context.Context, env *Env, w codec.Word) Candidates {
	return localPaths(env, w, true)
}

// HostName completes the name of a known computer.
func HostName(_ context.Context, env *Env, w codec.Word) Candidates {
	return MatchPrefix(w.Text, env.Hosts()).sorted()
}

// remotePaths returns the remote paths to which w can be completed. It asks the remote,
// because only the remote knows the separator of its paths.
func remotePaths(ctx context.Context, env *Env, w codec.Word, foldersOnly bool) Candidates {
	switch {
	case !env.Conn.Alive():
		return Candidates{}
	case env.Dialect != "":
		return namesIn(ctx, env, w)
	case foldersOnly:
		c, err := completions(ctx, env, w, codec.Bare("--folders"))
		if !console.IsCode(err, codec.BadRequest) {
			return c
		}
		// An older remote has no --folders, so its files are left out here.
		c, _ = completions(ctx, env, w)
		c.List = slices.DeleteFunc(c.List, func(one Candidate) bool { return !one.More })
		return c
	}
	c, _ := completions(ctx, env, w)
	return c
}

// completions makes a call of DIR -c.
func completions(ctx context.Context, env *Env, w codec.Word, options ...codec.Word) (Candidates, error) {
	var c Candidates
	under, size := "", 0
	words := append([]codec.Word{codec.Bare("-c")}, options...)
	pairs, err := env.Conn.Call(ctx, "DIR", append(words, client.Operands([]codec.Word{w})...), link.Answer{
		File: func(e codec.Entry) error {
			under = e.Name
			return nil
		},
		Entry: func(e codec.Entry) error {
			label := codec.Name(strings.TrimPrefix(e.Name, under))
			c.List = append(c.List, Candidate{e.Name, e.Kind == codec.Folder, env.Console.Paint.Entry(e, label)})
			if size += len(e.Name) + len(label); len(c.List) > listLimit || size > 4*listBytes {
				return codec.Errorf(codec.TooBig, "more than %d completions, or %d bytes", listLimit, 4*listBytes)
			}
			return nil
		},
	})
	if err != nil {
		return Candidates{}, err
	}
	total, _ := pairs.Get("total")
	n, counted := codec.ParseNumber(total)
	switch {
	case counted:
		c.More = max(int(n)-len(c.List), 0)
		c.Common, _ = pairs.Get("common")
	case len(c.List) == listLimit:
		c.More = Unknown
	}
	return c.sorted(), nil
}

// namesIn does the work of remotePaths in a dialect. There, DIR returns only the names
// in a folder, without their kinds.
func namesIn(ctx context.Context, env *Env, w codec.Word) Candidates {
	if !env.Conn.Offers("DIR") {
		return Candidates{}
	}
	cut := strings.LastIndexAny(w.Text, `/\`) + 1
	under, begin := w.Text[:cut], w.Text[cut:]
	var folder []codec.Word
	if under != "" {
		folder = client.Operands(codec.Lits(under))
	}
	var list Collector
	_, err := env.Conn.Call(ctx, "DIR", folder, link.Answer{Entry: func(e codec.Entry) error {
		if strings.HasPrefix(e.Name, begin) && !strings.Contains(e.Name, " ") {
			list.Add(Candidate{under + e.Name, true, codec.Name(e.Name)})
		}
		return nil
	}})
	if err != nil && !console.IsCode(err, codec.Partial) {
		return Candidates{}
	}
	return list.Candidates()
}

// localPaths returns the local paths to which w can be completed. If foldersOnly is true,
// it returns only folders. It returns hidden files only if the name in w begins with a
// dot, and leaves out parts of incomplete transfers.
func localPaths(env *Env, w codec.Word, foldersOnly bool) Candidates {
	under, begin := filepath.Split(w.Text)
	if !w.Quoted && len(under) > 1 && under[0] == '~' && os.IsPathSeparator(under[1]) {
		if home, err := os.UserHomeDir(); err == nil {
			under = home + under[1:] // the candidate may need quotes, which disable "~"
		}
	}
	var list Collector
	err := transfer.OS{}.ReadDir(env.Local.Path(under), func(d fs.DirEntry) error {
		name := d.Name()
		part := d.Type().IsRegular() && landing.IsPart(name)
		if part || !strings.HasPrefix(name, begin) || begin == "" && landing.Hidden(name, d.Info) {
			return nil
		}
		fi, err := os.Stat(filepath.Join(env.Local.Path(under), name))
		if err != nil {
			return nil
		}
		folder := fi.IsDir()
		if foldersOnly && !folder {
			return nil
		}
		if folder {
			name += string(filepath.Separator)
		}
		label := codec.Name(name)
		label = env.Console.Paint.Entry(landing.EntryOf(name, fi), label)
		list.Add(Candidate{under + name, folder, label})
		return nil
	})
	if err != nil {
		return Candidates{}
	}
	return list.Candidates()
}
