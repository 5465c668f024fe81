//go:build unix

package remote_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
)

// marker is in every file outside of the jail, and in a name there. No answer
// may have it.
const marker = "MARKER"

// A world is a folder with a jail in it and, where there is an outside, files
// beside the jail.
type world struct {
	base    string
	outside bool
}

// newWorld makes a world with an outside.
func newWorld(t testing.TB) world {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir()) // links to it are to lead to it by name
	require.NoError(t, err)
	w := world{base, true}
	w.build(t)
	return w
}

func (w world) root() string { return filepath.Join(w.base, "root") }

// build makes the world as it is in the beginning.
func (w world) build(t testing.TB) {
	t.Helper()
	require.NoError(t, os.MkdirAll(w.root(), 0o777))
	w.restore(t, state(t, w.root(), ""))
	outside := map[string]string{}
	if w.outside {
		outside = map[string]string{"secret.txt": marker, "sub/secret.txt": marker, marker + "/x": marker, "sub/empty/": ""}
	}
	require.NoError(t, os.RemoveAll(filepath.Join(w.base, "outside")))
	plant(t, filepath.Join(w.base, "outside"), outside)
	plant(t, filepath.Join(w.base, "root-beside"), outside)
}

// restore makes the jail, in which there is what state says, as it was in the
// beginning.
func (w world) restore(t testing.TB, there map[string]string) {
	t.Helper()
	what := map[string]string{
		"in.txt": "inside", "dir/file.txt": "file", "dir/deep/leaf.txt": "leaf", "\xff\xfe": "", ".hidden": "", "two words": "", "empty/": "", "fifo": "|",
		"toFile": "@in.txt", "toDir": "@dir", "dir/back": "@..", "dir/deep/away": "@../../..", "up": "@..", "absIn": "@" + w.root() + "/dir", "absRoot": "@" + w.root(),
		"outFile": "@../outside/secret.txt", "outDir": "@../outside", "outNew": "@../outside/new", "outNone": "@../outside/none/none",
		"outAbs": "@" + w.base + "/outside/secret.txt", "outAbsDir": "@" + w.base + "/outside", "outAbsNew": "@" + w.base + "/outside/new", "outAbsUp": "@" + w.root() + "/../outside",
		"chain1": "@chain2", "chain2": "@dir/chain3", "dir/chain3": "@../outDir", "loopA": "@loopB", "loopB": "@loopA", "self": "@self", "slash": "@/",
		"beside": "@../root-beside", "absBeside": "@" + w.root() + "-beside", "underFile": "@in.txt/../dir",
	}
	for path, is := range there {
		name, _ := filepath.Rel(w.root(), path)
		want, planned := what[name]
		if info, text, _ := strings.Cut(is, "\n"); info[0] != 'd' && (!planned || text != strings.TrimLeft(want, "@|")) {
			require.NoError(t, os.RemoveAll(path))
		}
		if _, planned := what[name+"/"]; is[0] == 'd' && !planned && !slices.Contains([]string{".", "dir", "dir/deep"}, name) {
			require.NoError(t, os.RemoveAll(path))
		}
	}
	plant(t, w.root(), what)
}

// plant makes what is not there: a name that ends in / is a folder, a text
// that begins with @ a link, with | a FIFO.
func plant(t testing.TB, dir string, what map[string]string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o777))
	for name, text := range what {
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		var err error
		switch {
		case strings.HasSuffix(name, "/"):
			err = os.Mkdir(path, 0o777)
		case strings.HasPrefix(text, "@"):
			err = os.Symlink(text[1:], path)
		case text == "|":
			err = unix.Mkfifo(path, 0o666)
		default:
			err = os.WriteFile(path, []byte(text), 0o777)
		}
		require.NoError(t, err)
	}
}

// state is all there is below dir, but for what is below except.
func state(t testing.TB, dir, except string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == except {
			return fs.SkipDir
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		var text []byte
		switch {
		case fi.Mode().IsRegular():
			text, err = os.ReadFile(path)
		case fi.Mode()&fs.ModeSymlink != 0:
			var to string
			to, err = os.Readlink(path)
			text = []byte(to)
		}
		all[path] = fmt.Sprintf("%v %v\n%s", fi.Mode(), fi.ModTime(), text)
		return err
	}))
	return all
}

// jailed makes a server with that Root, and a client of it.
func jailed(t testing.TB, root string) *client {
	h := newHelped(t, false)
	h.server.Root = root
	return h.client(t)
}

// A line is a way to call a verb, which may alter files: its words have %s
// where a path is tried.
type line struct {
	verb   string
	words  []string
	alters bool
}

func (l line) String() string { return l.verb + " " + strings.Join(l.words, " ") }

// lines are the ways to call each verb that has to do with paths, as its usage
// tells them, so that a new verb is tried as well.
func lines(t testing.TB) (all []line) {
	t.Helper()
	path := regexp.MustCompile(`\b(PATH|FROM|TO|DIR|PREFIX|NAME)\b`)
	for _, row := range remote.Verbs() {
		if path.MatchString(row.Synopsis) {
			for synopsis := range strings.SplitSeq(row.Synopsis, " | ") {
				all = append(all, ways(t, row, synopsis)...)
			}
		}
	}
	require.Greater(t, len(all), 30)
	return all
}

// ways are the lines of one synopsis: each word that is a path in turn, with
// no option, with each, and with all.
func ways(t testing.TB, row remote.VerbRow, synopsis string) (all []line) {
	paths := []string{"PATH", "FROM", "TO", "DIR", "PREFIX", "NAME"}
	others := map[string]string{ // what else can be said
		"N": "100000", "SIZE": "3", "N,SHA256": fmt.Sprintf("3,%x", sha256.Sum256([]byte(marker[:3]))), "sha256": "sha256", "TIME": "2001-02-03T04:05:06Z", "KIND": "f",
		"PATTERN": "*", "PROG": "true", "LINE": "true", "COLSxROWS": "80x24", "NAME=VALUE": "A=1", "SECONDS": "1000", "SHELL": "sh",
	}
	var flags [][]string
	var before, words []string
	for _, token := range regexp.MustCompile(`\[[^\]]*\]|\S+`).FindAllString(synopsis, -1) {
		bare := strings.TrimSuffix(strings.Trim(token, "[]"), "…")
		option, arg, _ := strings.Cut(bare, " ")
		if other, ok := others[arg]; ok {
			arg = other
		}
		switch {
		case bare[0] == '-' && token[0] == '[' && arg == "":
			flags = append(flags, []string{option})
		case bare[0] == '-' && arg == "":
			before = append(before, option)
		case bare[0] == '-' && arg == "DIR":
			before = append(before, option, arg)
		case bare[0] == '-':
			flags = append(flags, []string{option, arg})
		case bare == "ARG":
		case slices.Contains(paths, bare):
			words = append(words, bare)
		case others[bare] != "":
			words = append(words, others[bare])
		default:
			require.Fail(t, "this test does not know what to say for "+token, "%s %s", row.Verb, synopsis)
		}
	}
	sets := append([][]string{nil}, flags...)
	if len(flags) > 1 {
		sets = append(sets, slices.Concat(flags...))
	}
	words = append(before, words...)
	for _, set := range sets {
		for i, w := range words {
			if !slices.Contains(paths, w) {
				continue
			}
			try := slices.Clone(words)
			try[i] = "%s"
			for j, other := range try {
				switch other {
				case "PATH", "FROM":
					try[j] = "in.txt"
				case "TO", "NAME":
					try[j] = "new"
				}
			}
			all = append(all, line{row.Verb, append(slices.Clone(set), try...), row.Right&(trust.Dir|trust.Get) == 0})
		}
	}
	return all
}

// A trial makes calls in a world, and writes down all that is said.
type trial struct {
	world
	*client
	time *regexp.Regexp // and what else is different each time
}

func (w world) trial(c *client) trial {
	return trial{w, c, regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]*Z|\b[0-9a-f]{16}\b|\{pid \d+\}`)}
}

// try makes the call that l is with w for a path, and returns all that is
// said, the same in every world of the same behaviour.
func (c trial) try(l line, w codec.Word) (said string, err error) {
	r := link.Request{Verb: codec.MakeVerb(l.verb)}
	for _, text := range l.words {
		if text == "%s" {
			r.Words = append(r.Words, w)
		} else {
			r.Words = append(r.Words, codec.Bare(text))
		}
	}
	name := "put.txt"
	if !slices.Contains(l.words, "%s") { // it is the file's name that is tried
		name = w.Text
	}
	switch {
	case l.verb == "PUT" && slices.Contains(l.words, "-r"):
		r.Send = sending(hostileTree(name)...)
	case l.verb == "PUT":
		r.Send = sendFile(name, []byte("put"))
	case slices.Contains(l.words, "--list"):
		r.Send = sending("DATA secret.txt\nsub/secret.txt\nsub/empty/\n")
	}
	var got reply
	r = collect(r, &got)
	recv := r.Recv
	r.Recv = func(f codec.Frame) error {
		if f.Verb == codec.SUM {
			got.data += "\n" // trees tell of their files in any order
		}
		return recv(f)
	}
	got.pairs, err = c.Do(c.t.Context(), r)
	require.NotErrorIs(c.t, err, link.ErrLost, "%v %v", l, w)
	lines := slices.Concat(strings.Split(got.data, "\n"), got.files, got.sums, got.notes, []string{fmt.Sprint(l, w, got.pairs)})
	if err != nil {
		e := codec.Explain("", err)
		lines = append(lines, fmt.Sprintf("%s %q %q %q", e.Code, e.Text, e.Name, e.Hint))
	}
	if l.verb == "DF" {
		for i := range lines {
			lines[i] = regexp.MustCompile(`\d+`).ReplaceAllString(lines[i], "N")
		}
	}
	said = c.time.ReplaceAllString(strings.ReplaceAll(strings.Join(lines, "\n"), c.base, "BASE"), "TIME")
	lines = strings.Split(said, "\n")
	slices.Sort(lines) // folders tell in any order
	return strings.Join(lines, "\n"), err
}

// hostileTree is a stream of a tree that wants to get out, in several ways.
func hostileTree(top string) (frames []string) {
	entry := func(kind codec.Kind, name, target string) string {
		e := codec.Entry{Kind: kind, Mode: 0o755, Size: codec.Unknown, Name: name, Target: target}
		return "FILE " + e.String()
	}
	for _, dir := range []string{top, top + "/sub", top + "/..", top + "/../.."} {
		frames = append(frames, entry(codec.Folder, dir, ""), entry(codec.Link, dir+"/out", "../../outside"), entry(codec.Link, dir+"/up", ".."))
		for _, file := range []string{"file", "out/new", "up/up/outside/new", "../new", "/new", "./new"} {
			frames = append(frames, entry(codec.Regular, dir+"/"+file, ""), "DATA put", "SUM none")
		}
	}
	return frames
}

// shapes are paths of every form. careless is what would do harm to this
// computer if there were no jail: it is only for verbs that read.
func shapes(base string) (all []codec.Word, careless func(codec.Word) bool) {
	begin := []string{
		"", "./", "dir/", "dir/../", "dir/deep/../../", "../", "dir/../../", "dir/deep/../../../", "/", "//", "/../", "/./", "/dir/../../", "~/", "~/../", base + "/", base + "/root/",
		"toDir/", "toDir/../", "toDir/../../", "absIn/", "absRoot/", "outDir/", "outDir/../", "outAbsDir/", "outAbsUp/", "outNone/", "up/", "up/root/", "dir/back/", "dir/back/../../", "dir/deep/away/",
		"chain1/", "loopA/", "self/", "slash/", "toFile/", "in.txt/", "fifo/", "underFile/", "nova/", "nova/../../", "beside/", "*/", "**/", "out*/", "?p/", "dir/*/", "d*/../../", "**/../", "~x/", "\xff/",
	}
	end := []string{"", "in.txt", "secret.txt", "outside/secret.txt", "root/in.txt", "new", "*", ".."}
	for _, b := range begin {
		for _, e := range end {
			if b+e != "" {
				all = append(all, codec.Bare(b+e))
			}
		}
	}
	for _, text := range []string{
		"toFile", "toDir", "absIn", "outFile", "outFile/", "outDir", "outDir//", "outDir/.", "outNew", "outNew/", "outNone", "outAbs", "outAbsDir", "outAbsNew", "outAbsUp", "up", "chain1", "loopA",
		"self", "slash", "slash/" + base + "/outside/secret.txt", "fifo", "beside", "underFile", "~", ".", "..", "...", "....", "/..", "/.", "//", "dir/", "dir//file.txt", "dir/./file.txt", "in.txt/", "in.txt/.",
		"in.txt/..", "in.txt/../..", "outFile/..", "outFile/../..", "outDir/sub/secret.txt", "outDir/sub/../../root/in.txt", "outDir/" + marker[:3] + "*", "out*", "*/*", "**", "*/../..", "**/secret.txt",
		"o?t*/s*", "../*", "../out*", "/*", "./-x", "\xff\xfe", "\x80", ".hidden", "two words", "new\nline", "e\x1b[31m", " ", "\t", "\r", `..\outside`, `C:\x`, `\\x\y`, "%2e%2e/", "‥/", "\x00", "in.txt\x00", "../\x00",
		strings.Repeat("x", 256), strings.Repeat("x/", 65), strings.Repeat("../", 64), strings.Repeat("dir/../", 600), strings.Repeat("dir/back/", 31), strings.Repeat("x", 5000), strings.Repeat("/", 5000),
	} {
		all = append(all, codec.Bare(text))
		if strings.ContainsAny(text, "*?~") {
			all = append(all, codec.Lit(text))
		}
	}
	return all, func(w codec.Word) bool {
		return strings.HasPrefix(w.Text, "slash/") || strings.Contains(w.Text, "../../..") || strings.Contains(w.Text, "away/..") || strings.Contains(w.Text, "up/..")
	}
}
