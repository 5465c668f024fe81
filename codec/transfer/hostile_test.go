package transfer_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// destination returns a folder inside another one, outside, whose files must not change.
func destination(t *testing.T) (outside, dir string, check func()) {
	outside = t.TempDir()
	dir = filepath.Join(outside, "in")
	plant(t, outside, map[string]string{"in/": "", "aside/": "", "aside/old": "old", "file": "file"})
	return outside, dir, func() {
		t.Helper()
		have := harvest(t, outside)
		for name := range have {
			if strings.HasPrefix(name, "in/") {
				delete(have, name)
			}
		}
		require.Equal(
			t, map[string]string{"aside/": "", "aside/old": "old", "file": "file"}, have,
			"nothing outside is touched",
		)
	}
}

// Each case is what a hostile sender sends between `d top` and `top/good`. The latter
// must be written nevertheless.
func TestHostileTrees(t *testing.T) {
	type step struct{ entry, data, sum string }
	file := func(name string) step {
		return step{"f 0644 3 - " + codec.Quote(codec.Lit(name)), "abc", crc("abc")}
	}
	folder := func(name string) step { return step{entry: "d 0755 - - " + codec.Quote(codec.Lit(name))} }
	link := func(name, target string) step {
		return step{entry: "l 0777 - - " + codec.Quote(codec.Lit(name)) + " " + codec.Quote(codec.Lit(target))}
	}
	for name, by := range map[string]struct {
		steps  []step
		failed map[string]codec.Code
		there  map[string]string // in addition to top/ and top/good
	}{
		"a name that leads up": {
			steps: []step{
				file("../x"), file("top/../x"), file("top/../../x"), folder("../y"), folder("top/.."),
				link("../l", "x"), link("top/..", "x"),
			},
			failed: map[string]codec.Code{
				"../x": codec.BadName, "top/../x": codec.BadName, "top/../../x": codec.BadName,
				"../y": codec.BadName, "top/..": codec.BadName, "../l": codec.BadName,
			},
		},
		"absolute names": {
			steps: []step{
				file("/x"), file("//x"), file("/tmp/x"), folder("/y"), link("/l", "x"), file("top//x"),
			},
			failed: map[string]codec.Code{
				"/x": codec.BadName, "//x": codec.BadName, "/tmp/x": codec.BadName, "/y": codec.BadName,
				"/l": codec.BadName, "top//x": codec.BadName,
			},
		},
		"names that are none": {
			steps: []step{
				file("top/"), file("top/."), folder("top/"), folder("top/."), file(".."), file("."),
				folder(".."), folder("top"),
			},
			failed: map[string]codec.Code{
				"top/": codec.BadName, "top/.": codec.BadName, "..": codec.BadName, ".": codec.BadName,
			},
		},
		"names that are too long": {
			steps: []step{
				file("top/" + strings.Repeat("x", 256)), file(strings.Repeat("x", 256)), folder("top"),
			},
			failed: map[string]codec.Code{
				"top/" + strings.Repeat("x", 256): codec.BadName,
				strings.Repeat("x", 256):          codec.BadName,
			},
		},
		"the name of a part": {
			steps: []step{
				file("top/.techsh-part-0123456789ab31c5"), folder("top/.techsh-part-0123456789acec40"),
				link("top/.techsh-part-000000000002a59d", "x"), file("top/.techsh-part-0123456789abcdef"),
				file(".techsh-part-0000000000015897"), folder(".techsh-part-0000000000003c4c"),
				link(".techsh-part-0000000000aa4085", "x"), folder("top"),
			},
			failed: map[string]codec.Code{
				"top/.techsh-part-0123456789ab31c5": codec.BadName,
				"top/.techsh-part-0123456789acec40": codec.BadName,
				"top/.techsh-part-000000000002a59d": codec.BadName,
				".techsh-part-0000000000015897":     codec.BadName,
				".techsh-part-0000000000003c4c":     codec.BadName,
				".techsh-part-0000000000aa4085":     codec.BadName,
			},
			there: map[string]string{"top/.techsh-part-0123456789abcdef": "abc"}, // which only looks like one
		},
		"a file below a folder that has not come": {
			steps: []step{
				file("top/no/x"), file("no/x"), folder("top/no/no"), link("top/no/l", "x"),
				folder("aside/x"),
			},
			failed: map[string]codec.Code{
				"top/no/x": codec.BadName, "no/x": codec.BadName, "top/no/no": codec.BadName,
				"top/no/l": codec.BadName, "aside/x": codec.BadName,
			},
		},
		"a file below a folder that the stream has left": {
			steps: []step{
				folder("top/a"), file("top/a/x"), folder("top/b"), file("top/a/y"),
				file("top/b/z"),
			},
			failed: map[string]codec.Code{"top/a/y": codec.BadName},
			there:  map[string]string{"top/a/": "", "top/a/x": "abc", "top/b/": "", "top/b/z": "abc"},
		},
		"a file below a file": {
			steps:  []step{file("top/a"), file("top/a/x")},
			failed: map[string]codec.Code{"top/a/x": codec.BadName},
			there:  map[string]string{"top/a": "abc"},
		},
		"a link out, and a file through it": {
			steps:  []step{link("top/l", "../../aside"), file("top/l/new"), file("top/l/old")},
			failed: map[string]codec.Code{"top/l/new": codec.BadName, "top/l/old": codec.BadName},
			there:  map[string]string{"top/l": "->../../aside"},
		},
		"a link out, called a folder then": {
			steps: []step{
				link("top/l", "../../aside"), folder("top/l"), file("top/l/new"), folder("top/l/sub"),
				link("top/l/link", "x"),
			},
			failed: map[string]codec.Code{"top/l": codec.NotDirectory}, // and so do its contents
			there:  map[string]string{"top/l": "->../../aside"},
		},
		"an absolute link, called a folder then": {
			steps:  []step{link("top/l", "/tmp"), folder("top/l"), file("top/l/new")},
			failed: map[string]codec.Code{"top/l": codec.NotDirectory},
			there:  map[string]string{"top/l": "->/tmp"},
		},
		"a link to itself, called a folder then": {
			steps:  []step{link("top/l", "l"), folder("top/l"), file("top/l/new")},
			failed: map[string]codec.Code{"top/l": codec.NotDirectory},
			there:  map[string]string{"top/l": "->l"},
		},
		"a link out, and a file of its name": {
			steps:  []step{link("top/l", "../../file"), file("top/l")},
			failed: map[string]codec.Code{"top/l": codec.NotRegular},
			there:  map[string]string{"top/l": "->../../file"},
		},
		"a file, and a link out of its name": {
			steps: []step{file("top/l"), link("top/l", "../../file")},
			// the error of the file, which had not been placed yet
			failed: map[string]codec.Code{"top/l": codec.NotRegular},
			there:  map[string]string{"top/l": "->../../file"},
		},
		"a top that is a link out": {
			steps:  []step{link("out", "../aside"), folder("out"), file("out/new"), folder("top")},
			failed: map[string]codec.Code{"out": codec.NotDirectory},
			there:  map[string]string{"out": "->../aside"},
		},
		"a file, and a folder of its name": {
			steps:  []step{file("top/a"), folder("top/a"), file("top/a/x")},
			failed: map[string]codec.Code{"top/a": codec.IsDirectory},
			there:  map[string]string{"top/a/": "", "top/a/x": "abc"},
		},
		"a folder, and a file of its name": {
			steps:  []step{folder("top/a"), file("top/a/x"), file("top/a")},
			failed: map[string]codec.Code{"top/a": codec.IsDirectory},
			there:  map[string]string{"top/a/": "", "top/a/x": "abc"},
		},
		"a folder, and a link of its name": {
			steps:  []step{folder("top/a"), link("top/a", "x")},
			failed: map[string]codec.Code{"top/a": codec.IsDirectory},
			there:  map[string]string{"top/a/": ""},
		},
		"a folder where a file is": {
			steps:  []step{folder("taken"), file("taken/x"), folder("top")},
			failed: map[string]codec.Code{"taken": codec.NotDirectory},
			there:  map[string]string{"taken": "taken"},
		},
		"a file where a folder is": {
			steps:  []step{file("dir"), folder("top")},
			failed: map[string]codec.Code{"dir": codec.IsDirectory},
		},
		"a program to be run as another": {
			steps: []step{
				{
					"f 4755 3 - top/suid", "abc", crc("abc"),
				}, {"f 2755 3 - top/sgid", "abc", crc("abc")}, {
					"f 1644 3 - top/sticky", "abc", crc("abc"),
				}, {"d 2755 - - top/shared", "", ""},
			},
			failed: map[string]codec.Code{"top/suid": codec.Unsupported, "top/sgid": codec.Unsupported},
			there:  map[string]string{"top/sticky": "abc", "top/shared/": ""},
		},
		"a size that lies, too large": {
			steps:  []step{{"f 0644 4 - top/a", "abc", crc("abc")}},
			failed: map[string]codec.Code{"top/a": codec.Mismatch},
		},
		"a size that lies, too small": {
			steps:  []step{{"f 0644 2 - top/a", "abc", crc("abc")}},
			failed: map[string]codec.Code{"top/a": codec.Mismatch},
		},
		"a size of 8 EiB": {
			steps:  []step{{"f 0644 9223372036854775807 - top/a", "abc", crc("abc")}},
			failed: map[string]codec.Code{"top/a": codec.Mismatch},
		},
		"a sum that lies": {
			steps:  []step{{"f 0644 3 - top/a", "abc", crc("abd")}},
			failed: map[string]codec.Code{"top/a": codec.Mismatch},
		},
		"a sha256 that lies": {
			steps: []step{
				{
					"f 0644 3 - top/a sum=sha256", "abc",
					crc("abc") + " sha256=" + strings.Repeat("0", 64),
				},
			},
			failed: map[string]codec.Code{"top/a": codec.Mismatch},
		},
		"a sha256 that is kept back": {
			steps: []step{
				{"f 0644 3 - top/a sum=sha256", "abc", crc("abc")},
				{"f 0644 3 - top/b", "abc", crc("abc") + " sha256=" + strings.Repeat("0", 64)},
			},
			failed: map[string]codec.Code{"top/a": codec.BadRequest, "top/b": codec.BadRequest},
		},
		"no sum at all": {
			steps:  []step{{"f 0644 3 - top/a", "abc", ""}},
			failed: map[string]codec.Code{"top/a": codec.BadRequest},
		},
		"a device, a pipe and a socket": {
			steps: []step{
				{entry: "b 0644 - - top/b"},
				{entry: "c 0644 - - top/c"},
				{entry: "p 0644 - - top/p"},
				{entry: "s 0644 - - s"},
			},
			failed: map[string]codec.Code{
				"top/b": codec.Unsupported, "top/c": codec.Unsupported, "top/p": codec.Unsupported,
				"s": codec.Unsupported,
			},
		},
		"a link to nothing": {
			steps:  []step{{entry: "l 0777 - - top/l -"}},
			failed: map[string]codec.Code{"top/l": codec.BadRequest},
		},
		"a part to go on with": {
			steps: []step{
				{"f 0644 6 - top/a from=3", "abc", "none"},
				{"f 0644 6 - a from=3", "abc", "none"},
				{"f 0644 6 - b from=-3", "abc", "none"},
				folder("top"),
			},
			failed: map[string]codec.Code{
				"top/a": codec.Changed, "a": codec.Changed, "b": codec.BadRequest,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("other names are refused there")
			}
			_, dir, check := destination(t)
			plant(t, dir, map[string]string{"taken": "taken", "dir/": ""})
			rec := treeInto(t, dir, true)
			require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
			for _, s := range by.steps {
				if s.entry[0] == 'f' {
					require.NoError(t, rec.file(t, s.entry, s.data, s.sum), s.entry)
				} else {
					require.NoError(t, rec.take(codec.FILE, s.entry), s.entry)
				}
			}
			require.NoError(t, rec.file(t, "f 0644 4 - top/good", "good", crc("good")))
			rec.Flush()
			check()
			codes := map[string]codec.Code{}
			for name, err := range rec.failed {
				codes[name] = codec.Explain("", err).Code
			}
			require.Equal(t, by.failed, codes)
			want := map[string]string{"taken": "taken", "dir/": "", "top/": "", "top/good": "good"}
			for name, text := range by.there {
				want[name] = text
			}
			require.Equal(t, want, harvest(t, dir))
		})
	}
}

// An invalid name is reported as such, even if its folder has not arrived.
func TestNameThatLeadsUpIsNoName(t *testing.T) {
	for name, says := range map[string]string{
		"top/../../x": "not a usable name", "../x": "not a usable name", "top//x": "not a usable name",
		"/x":       "not a usable name",
		"top/no/x": "its folder was not sent before it",
	} {
		rec := treeInto(t, t.TempDir(), false)
		require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
		require.NoError(t, rec.file(t, "f 0644 3 - "+name, "abc", crc("abc")))
		require.EqualError(t, rec.failed[name], says, name)
	}
}

func TestHostileNamesOnWindows(t *testing.T) {
	for _, name := range []string{
		"C:x", `C:\x`, "top/C:x", "top/nul", "top/CON.txt", `top/a\b`, "top/x:stream", "top/x.",
		"top/x ",
	} {
		_, dir, check := destination(t)
		rec := treeInto(t, dir, true)
		require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
		e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: 3, Name: name}
		require.NoError(t, rec.file(t, e.String(), "abc", crc("abc")))
		rec.Flush()
		check()
		if runtime.GOOS == "windows" {
			requireCode(t, rec.failed[name], codec.BadName)
		} else { // on other systems these are ordinary names
			require.Empty(t, rec.failed)
			require.FileExists(t, filepath.Join(dir, name))
		}
	}
}

func TestNamesOfArbitraryBytesInATree(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("file names are bytes elsewhere")
	}
	dir := t.TempDir()
	rec := treeInto(t, dir, false)
	want := map[string]string{"top/": ""}
	require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
	for b := 1; b < 256; b++ {
		if b == '/' || b == '.' {
			continue
		}
		name := "top/" + string([]byte{byte(b)})
		e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: 3, Name: name}
		require.NoError(t, rec.file(t, e.String(), "abc", crc("abc")), "%q", name)
		want[name] = "abc"
	}
	rec.Flush()
	require.Empty(t, rec.failed)
	require.Equal(t, want, harvest(t, dir))
}

func TestTwoEqualNamesInATree(t *testing.T) {
	for _, force := range []bool{false, true} {
		dir := t.TempDir()
		rec := treeInto(t, dir, force)
		require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
		for _, text := range []string{"one", "two"} {
			require.NoError(t, rec.file(t, "f 0644 3 - top/x", text, crc(text)))
		}
		require.NoError(t, rec.take(codec.FILE, "d 0700 - - top")) // the second time, the existing folder is used
		require.NoError(t, rec.file(t, "f 0644 3 - top/y", "abc", crc("abc")))
		rec.Flush()
		want := map[string]string{"top/": "", "top/x": "one", "top/y": "abc"}
		if force {
			want["top/x"] = "two"
			require.Empty(t, rec.failed)
		} else {
			require.Len(t, rec.failed, 1)
			require.ErrorIs(t, rec.failed["top/x"], fs.ErrExist)
		}
		require.Equal(t, want, harvest(t, dir))
	}
}

func TestSpecialBitsAreStrippedInATree(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such bits")
	}
	dir := t.TempDir()
	rec := treeInto(t, dir, true)
	require.NoError(t, rec.take(codec.FILE, "d 7755 - - top"))
	require.NoError(t, rec.file(t, "f 1755 3 - top/x", "abc", crc("abc")))
	require.NoError(t, rec.take(codec.FILE, "d - - - top/sub"))
	require.NoError(t, rec.file(t, "f - 3 - top/sub/y", "abc", crc("abc")))
	rec.Flush()
	require.Empty(t, rec.failed)
	for name, mode := range map[string]os.FileMode{
		"top": fs.ModeDir | 0o755, "top/x": 0o755, "top/sub": fs.ModeDir | 0o755, "top/sub/y": 0o644,
	} {
		fi, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, fi.Mode(), name)
	}
}

func TestFramesOutOfOrderEndATree(t *testing.T) {
	for name, frames := range map[string][][2]string{
		"FILE before the SUM of the last": {
			{"FILE", "f 0644 3 - top/x"}, {"DATA", "abc"}, {"FILE", "f 0644 3 - top/y"},
		},
		"a folder before the SUM": {
			{"FILE", "f 0644 3 - top/x"}, {"DATA", "abc"}, {"FILE", "d 0755 - - top/sub"},
		},
		"a link before the SUM": {
			{"FILE", "f 0644 3 - top/x"}, {"DATA", "abc"}, {"FILE", "l 0777 - - top/l x"},
		},
		"DATA for a folder":                {{"FILE", "d 0755 - - top/sub"}, {"DATA", "abc"}},
		"SUM for a link":                   {{"FILE", "l 0777 - - top/l x"}, {"SUM", "none"}},
		"DATA for a refused file's folder": {{"FILE", "d 0755 - - ../x"}, {"DATA", "abc"}},
		"a link without a word for where":  {{"FILE", "l 0777 - - top/l"}},
		"an entry that is no entry":        {{"FILE", "d 0755"}},
		"a name without a closing quote":   {{"FILE", `d 0755 - - "top`}},
		"a NUL in the line":                {{"FILE", "d 0755 - - top\x00"}},
		"FILE behind a refused file's DATA": {
			{"FILE", "f 0644 3 - ../x"}, {"DATA", "abc"}, {"FILE", "f 0644 3 - top/y"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, dir, check := destination(t)
			rec := treeInto(t, dir, true)
			require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
			var err error
			for _, f := range frames {
				require.NoError(t, err)
				err = rec.take(codec.MakeVerb(f[0]), f[1])
			}
			requireCode(t, err, codec.BadRequest)
			rec.Close()
			check()
			for name := range harvest(t, dir) {
				require.False(t, landing.IsPart(filepath.Base(name)), name)
			}
		})
	}
}

// An endless number of files takes no memory, whether they are written or refused.
func TestEndlessFilesTakeNoMemory(t *testing.T) {
	dir := memory(t)
	refused, landed := 0, 0
	rec := transfer.Receiver{
		Trees: true,
		Choose: func(e codec.Entry) (landing.Target, error) {
			return landing.Target{Dir: open(t, dir), Name: e.Name, Force: true}, nil
		},
		Failed: func(string, error) { refused++ },
		Landed: func(codec.Entry, int64) { landed++ },
	}
	defer rec.Close()
	one := func(verb codec.Verb, body string) {
		require.NoError(t, rec.Take(codec.Frame{Verb: verb, Body: []byte(body)}))
	}
	one(codec.FILE, "d 0755 - - top\n")
	round := func() {
		for i := range 2500 {
			one(codec.FILE, "f 0644 0 - top/x\n") // the same file, repeatedly
			one(codec.SUM, "none\n")
			one(codec.FILE, fmt.Sprintf("f 0644 0 - no/%d\n", i))
			one(codec.SUM, "none\n")
			one(codec.FILE, fmt.Sprintf("d 0755 - - no/%d\n", i))
			one(codec.FILE, fmt.Sprintf("d 0755 - - top/../%d\n", i))
			one(codec.FILE, "d 0755 - - top/.techsh-part-0123456789ab31c5\n")
		}
	}
	round()
	before := heap()
	for range 10 {
		round()
	}
	require.Less(t, heap(), before+1<<20)
	require.Equal(t, 11*2500*4, refused)
	rec.Flush()
	require.Equal(t, 11*2500, landed)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
