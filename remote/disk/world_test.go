//go:build unix

package disk_test

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/remotetest"
	"techsh/remote/verb"
)

// A line is a call of a verb with certain options. Its words have %s in place of a path.
type line struct {
	verb   string
	words  []string
	alters bool
}

func (l line) String() string { return l.verb + " " + strings.Join(l.words, " ") }

// lines returns calls of every verb that takes paths. They are derived from its synopsis,
// so that new verbs are tested too.
func lines(t testing.TB) (all []line) {
	t.Helper()
	path := regexp.MustCompile(`\b(PATH|FROM|TO|DIR|PREFIX|NAME)\b`)
	for _, row := range new(remote.Server).Table() {
		if path.MatchString(row.Synopsis) {
			for synopsis := range strings.SplitSeq(row.Synopsis, " | ") {
				all = append(all, ways(t, row, synopsis)...)
			}
		}
	}
	require.Greater(t, len(all), 30)
	return all
}

// ways returns the lines for one synopsis: for each word that is a path, one without
// options, one with each option, and one with all options.
func ways(t testing.TB, row verb.Row, synopsis string) (all []line) {
	paths := []string{"PATH", "FROM", "TO", "DIR", "PREFIX", "NAME"}
	others := map[string]string{ // the values of other words
		"N": "100000", "SIZE": "3", "N,SHA256": fmt.Sprintf(
			"3,%x",
			sha256.Sum256([]byte(remotetest.Marker[:3])),
		), "sha256": "sha256", "TIME": "2001-02-03T04:05:06Z", "KIND": "f",
		"PATTERN": "*", "PROG": "true", "LINE": "true", "COLSxROWS": "80x24", "NAME=VALUE": "A=1",
		"SECONDS": "1000", "SHELL": "sh",
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

// A trial makes calls in a world and records all answers.
type trial struct {
	remotetest.World
	*remotetest.Client
	time *regexp.Regexp // matches times and everything else that differs in each run
}

func newTrial(w remotetest.World, c *remotetest.Client) trial {
	return trial{w, c, regexp.MustCompile(`\d{4}-\d\d-\d\dT[\d:.]*Z|\b[0-9a-f]{16}\b|\{pid \d+\}`)}
}

// try makes the call l with the path w, and returns all answers in a form that is equal
// in all worlds that behave equally.
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
	if !slices.Contains(l.words, "%s") { // then w is used as the name of the file
		name = w.Text
	}
	switch {
	case l.verb == "PUT" && slices.Contains(l.words, "-r"):
		r.Send = remotetest.Sending(hostileTree(name)...)
	case l.verb == "PUT":
		r.Send = remotetest.SendFile(name, []byte("put"))
	case l.verb == "DEL" && slices.Contains(l.words, "--state"):
		var found remotetest.Reply
		find := link.Request{Verb: codec.MakeVerb("FIND"), Words: []codec.Word{codec.Bare("--state"), w}}
		_, _ = c.Do(c.T.Context(), remotetest.Collect(find, &found)) // an error is that of the DEL too
		frames := []string{"DATA "}
		for _, state := range regexp.MustCompile(`\bstate=(\w+)`).FindAllStringSubmatch(found.Data, -1) {
			frames[0] += state[1] + "\n"
		}
		r.Send = remotetest.Sending(frames...)
	case slices.Contains(l.words, "--list"):
		r.Send = remotetest.Sending("DATA secret.txt\nsub/secret.txt\nsub/empty/\n")
	}
	var got remotetest.Reply
	r = remotetest.Collect(r, &got)
	recv := r.Recv
	r.Recv = func(f codec.Frame) error {
		if f.Verb == codec.SUM {
			got.Data += "\n" // a tree has its files in any order
		}
		return recv(f)
	}
	got.Pairs, err = c.Do(c.T.Context(), r)
	require.NotErrorIs(c.T, err, link.ErrLost, "%v %v", l, w)
	lines := slices.Concat(
		strings.Split(got.Data, "\n"),
		got.Files,
		got.Sums,
		got.Notes,
		[]string{fmt.Sprint(l, w, got.Pairs)},
	)
	if err != nil {
		e := codec.Explain("", err)
		lines = append(lines, fmt.Sprintf("%s %q %q %q", e.Code, e.Text, e.Name, e.Hint))
	}
	if l.verb == "DF" {
		for i := range lines {
			lines[i] = regexp.MustCompile(`\d+`).ReplaceAllString(lines[i], "N")
		}
	}
	said = c.time.ReplaceAllString(strings.ReplaceAll(strings.Join(lines, "\n"), c.Base, "BASE"), "TIME")
	lines = strings.Split(said, "\n")
	slices.Sort(lines) // a listing has its entries in any order
	return strings.Join(lines, "\n"), err
}

// hostileTree returns streams of trees that try to leave the jail in several ways.
func hostileTree(top string) (frames []string) {
	entry := func(kind codec.Kind, name, target string) string {
		e := codec.Entry{Kind: kind, Mode: 0o755, Size: codec.Unknown, Name: name, Target: target}
		return "FILE " + e.String()
	}
	for _, dir := range []string{top, top + "/sub", top + "/..", top + "/../.."} {
		frames = append(
			frames,
			entry(codec.Folder, dir, ""),
			entry(codec.Link, dir+"/out", "../../outside"),
			entry(codec.Link, dir+"/up", ".."),
		)
		for _, file := range []string{"file", "out/new", "up/up/outside/new", "../new", "/new", "./new"} {
			frames = append(frames, entry(codec.Regular, dir+"/"+file, ""), "DATA put", "SUM none")
		}
	}
	return frames
}

// shapes returns paths of every form. careless reports whether a path would harm this
// computer if there were no jail; only verbs that read may use such paths.
func shapes(base string) (all []codec.Word, careless func(codec.Word) bool) {
	begin := []string{
		"", "./", "dir/", "dir/../", "dir/deep/../../", "../", "dir/../../", "dir/deep/../../../", "/",
		"//", "/../", "/./", "/dir/../../", "~/", "~/../", base + "/", base + "/root/",
		"toDir/", "toDir/../", "toDir/../../", "absIn/", "absRoot/", "outDir/", "outDir/../",
		"outAbsDir/", "outAbsUp/", "outNone/", "up/", "up/root/", "dir/back/", "dir/back/../../", "dir/deep/away/",
		"chain1/", "loopA/", "self/", "slash/", "toFile/", "in.txt/", "fifo/", "underFile/", "nova/",
		"nova/../../", "beside/", "*/", "**/", "out*/", "?p/", "dir/*/", "d*/../../", "**/../", "~x/", "\xff/",
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
		"toFile", "toDir", "absIn", "outFile", "outFile/", "outDir", "outDir//", "outDir/.", "outNew",
		"outNew/", "outNone", "outAbs", "outAbsDir", "outAbsNew", "outAbsUp", "up", "chain1", "loopA",
		"self", "slash", "slash/" + base +
			"/outside/secret.txt", "fifo", "beside", "underFile", "~", ".", "..", "...", "....", "/..",
		"/.", "//", "dir/", "dir//file.txt", "dir/./file.txt", "in.txt/", "in.txt/.",
		"in.txt/..", "in.txt/../..", "outFile/..", "outFile/../..", "outDir/sub/secret.txt",
		"outDir/sub/../../root/in.txt", "outDir/" + remotetest.Marker[:3] +
			"*", "out*", "*/*", "**", "*/../..", "**/secret.txt",
		"o?t*/s*", "../*", "../out*", "/*", "./-x", "\xff\xfe", "\x80", ".hidden", "two words",
		"new\nline", "e\x1b[31m", " ", "\t", "\r", `..\outside`, `C:\x`, `\\x\y`, "%2e%2e/", "‥/", "\x00",
		"in.txt\x00", "../\x00",
		strings.Repeat("x", 256), strings.Repeat("x/", 65), strings.Repeat("../", 64),
		strings.Repeat("dir/../", 600), strings.Repeat("dir/back/", 31), strings.Repeat("x", 5000),
		strings.Repeat("/", 5000),
	} {
		all = append(all, codec.Bare(text))
		if strings.ContainsAny(text, "*?~") {
			all = append(all, codec.Lit(text))
		}
	}
	return all, func(w codec.Word) bool {
		return strings.HasPrefix(w.Text, "slash/") || strings.Contains(w.Text, "../../..") ||
			strings.Contains(w.Text, "away/..") || strings.Contains(w.Text, "up/..")
	}
}
