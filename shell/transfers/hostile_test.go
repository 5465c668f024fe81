package transfers_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"

	"techsh/codec"
	"techsh/codec/landing"
)

// Files that were not requested must not be stored, but the other files are.
func TestNothingLandsThatWasNotAskedFor(t *testing.T) {
	for name, test := range map[string]struct {
		line  string
		sends []string
		lands []string // names in the local folder
		says  string   // the error message about the rest
	}{
		"another file":       {"get a.log", []string{"f evil"}, nil, "not asked for"},
		"a part of the name": {"get report.log", []string{"f log"}, nil, "not asked for"},
		"above":              {"get a.log", []string{"f ../a.log"}, nil, "a name must not contain /"},
		"absolute":           {"get /etc/a.log", []string{"f /etc/a.log"}, nil, "a name must not contain /"},
		"dots":               {"get ..", []string{"f .."}, nil, "not a usable name"},
		"a second one": {
			"get a.log",
			[]string{"f a.log", "f a.log"},
			[]string{"a.log"},
			"the remote sent more than was requested",
		},
		"hidden by a pattern": {
			"get *",
			[]string{"f a.log", "f .profile"},
			[]string{"a.log"},
			"not asked for",
		},
		"not of the pattern": {
			"get logs/*.log",
			[]string{"f evil.sh", "f b.log"},
			[]string{"b.log"},
			"not asked for",
		},
		"a folder": {"get a.log", []string{"d a.log", "f a.log/x"}, nil, "a.log"},
		"another top": {
			"get -r x",
			[]string{"d x", "f x/a", "d y", "f y/b"},
			[]string{"x/", "x/a"},
			"the remote sent more than was requested",
		},
		"another top's name": {"get -r x", []string{"d y", "f y/b"}, nil, "not asked for"},
		"no name":            {"get -r x", []string{"d .", "f ./.profile"}, nil, "not asked for"},
		"above, in a tree": {
			"get -r x",
			[]string{"d x", "f x/../../evil", "f x/a"},
			[]string{"x/", "x/a"},
			"evil",
		},
		"a folder above": {
			"get -r x",
			[]string{"d x", "d x/..", "f x/../evil", "f x/a"},
			[]string{"x/", "x/a"},
			"not a usable name",
		},
		"absolute, in a tree": {
			"get -r x",
			[]string{"d x", "f /evil", "f x/a"},
			[]string{"x/", "x/a"},
			"evil",
		},
		"no folder before it": {
			"get -r x",
			[]string{"d x", "f x/y/evil", "f x/a"},
			[]string{"x/", "x/a"},
			"its folder was not sent before it",
		},
		"through a link": {
			"get -r x",
			[]string{"d x", "l x/out ../..", "f x/out/evil", "f x/a"},
			[]string{"x/", "x/a", "x/out"},
			"its folder was not sent before it",
		},
		"a folder at a link": {
			"get -r x",
			[]string{"d x", "l x/out ../..", "d x/out", "f x/out/evil", "f x/a"},
			[]string{"x/", "x/a", "x/out"},
			"it is a link, which is not replaced",
		},
		"a link at the top": {
			"get -r x",
			[]string{"l x ..", "d x", "f x/evil"},
			[]string{"x"},
			"the remote sent more than was requested",
		},
		"a top through a link": {
			"get -r * .",
			[]string{"l x ..", "d x", "f x/evil", "f y"},
			[]string{"x", "y"},
			"it is a link, which is not replaced",
		},
		"a pipe": {
			"get -r x",
			[]string{"d x", "p x/p", "f x/a"},
			[]string{"x/", "x/a"},
			"a pipe",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, around := shelltest.NewHostile(t, shelltest.Answers{"GET": shelltest.Sends(test.sends...)})
			require.Error(t, s.Run(test.line))
			require.Contains(t, s.Printed(), test.says)
			if test.lands == nil {
				test.lands = []string{}
			}
			require.Equal(t, test.lands, shelltest.Everything(t, s.Dir))
			for _, there := range shelltest.Everything(t, around) {
				require.True(t, strings.HasPrefix(there, "in/"), there)
			}
			require.NoError(t, s.Run("ping"), "the session goes on")
		})
	}
}

// A server that sends files that are not on the list must not replace local files
// that are equal or were to be kept.
func TestNothingIsReplacedThatIsNotOnTheList(t *testing.T) {
	for line, folder := range map[string]string{
		"get -r -u -f x": "x",
		"sync r:x l:x":   "x",
		"sync r:x/ l:x":  "x/",
	} {
		found := strings.TrimSuffix(folder, "/")
		s, _ := shelltest.NewHostile(t, shelltest.Answers{
			"STAT": shelltest.Lists("d " + folder), "FIND": shelltest.Lists(
				"d "+folder,
				"f "+found+"/new",
				"l "+found+"/mine",
			),
			"GET": shelltest.Sends(
				"d x",
				"f x/mine",
				"f x/other",
				"d x/folder",
				"f x/folder/z",
				"f x/new",
			), "DEL": func(*codec.Conn, []codec.Word) {},
		})
		require.NoError(t, os.Mkdir(filepath.Join(s.Dir, "x"), 0o755))
		require.NoError(t, os.Symlink("somewhere", filepath.Join(s.Dir, "x/mine")))
		require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "x/other"), []byte("as it was"), 0o600))
		require.Error(t, s.Run(line), line)
		require.Contains(t, s.Printed(), "x/other: the remote sent a file that was not asked for\n")
		require.Equal(t, []string{"x/", "x/mine", "x/new", "x/other"}, shelltest.Everything(t, s.Dir))
		b, err := os.ReadFile(filepath.Join(s.Dir, "x/other"))
		require.NoError(t, err)
		require.Equal(t, "as it was", string(b))
		target, err := os.Readlink(filepath.Join(s.Dir, "x/mine"))
		require.NoError(t, err)
		require.Equal(t, "somewhere", target)
	}
}

// A server that lists names outside the folder must not cause access to other local
// files, or the deletion of other remote files.
func TestNamesOutsideTheFolderAreRefused(t *testing.T) {
	for _, evil := range []string{
		"x/../../evil",
		"x/..",
		"/evil",
		"xevil",
		"evil",
		"x//evil",
		"x/./evil",
		"x/a/../../../evil",
	} {
		for _, line := range []string{"get -r -u -f x", "sync --delete r:x l:x", "sync --delete l:x r:x"} {
			deleted := false
			s, around := shelltest.NewHostile(t, shelltest.Answers{
				"STAT": shelltest.Lists("d x"), "FIND": shelltest.Lists("d x", "f x/mine", "f "+evil),
				"GET": shelltest.Sends("d x", "f x/mine", "f "+evil),
				"PUT": func(c *codec.Conn, _ []codec.Word) { shelltest.OK(c) },
				"DEL": func(c *codec.Conn, _ []codec.Word) { deleted = true; shelltest.OK(c) },
			})
			require.NoError(t, os.Mkdir(filepath.Join(s.Dir, "x"), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "x/kept"), nil, 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(around, "evil"), nil, 0o600))
			require.Error(t, s.Run(line), "%s, %s", line, evil)
			require.Contains(t, s.Printed(), "the remote listed it outside the folder")
			require.Equal(t, []string{"evil", "in/", "in/x/", "in/x/kept"}, shelltest.Everything(t, around))
			require.False(t, deleted)
		}
	}
}

// The local side verifies what a server says about parts in PART and FILE.
func TestOnlyAMatchingPartIsResumed(t *testing.T) {
	big := strings.Repeat("x", 1<<20+10)
	const differs = "put: starting again: the 5 B on the remote differ from this file\n"
	for said, want := range map[string]string{
		"have=0":                "",
		"have=5 sha256=":        differs,
		"have=99999999 sha256=": "put: starting again: the remote has 95 MiB, the file only 1.0 MiB\n",
		"have=-5":               "",
		"have=5 sha256=" + strings.Repeat("\x1b", 64): differs,
	} {
		var files []string
		s, _ := shelltest.NewHostile(t, shelltest.Answers{
			"PART": func(c *codec.Conn, _ []codec.Word) {
				_ = c.WriteWords(codec.OK, codec.Lits(strings.Split(said, " ")...)...)
			},
			"PUT":  func(*codec.Conn, []codec.Word) {},
			"FILE": func(_ *codec.Conn, words []codec.Word) { files = append(files, codec.Join(words)) },
			"END":  func(c *codec.Conn, _ []codec.Word) { shelltest.OK(c) },
		})
		require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "big"), []byte(big), 0o600))
		require.NoError(t, s.Run("put big"), said)
		require.Equal(t, want, s.Printed())
		require.Len(t, files, 1)
		require.NotContains(t, files[0], "from=", said)
	}
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"GET": func(c *codec.Conn, _ []codec.Word) {
		e := codec.Entry{
			Kind: codec.Regular,
			Mode: 0o644,
			Size: 10,
			Name: "a",
			More: codec.Pairs{{Key: "from", Value: "5"}},
		}
		_ = c.Write(codec.FILE, append(e.Append(nil), '\n'))
		_ = c.Write(codec.DATA, []byte("12345"))
		_ = c.WriteWords(codec.SUM, codec.Bare("none"))
		shelltest.OK(c)
	}})
	require.Error(t, s.Run("get a"), "there is no part")
	require.NotContains(t, s.Printed(), "continuing")
	require.Empty(t, shelltest.Everything(t, s.Dir))
}

// An OK counts as success only if everything that was requested has arrived.
func TestAnOKWithoutTheFileIsNoSuccess(t *testing.T) {
	file := func(c *codec.Conn) { _ = c.Write(codec.FILE, []byte("f 0644 6 - a\n")) }
	data := func(c *codec.Conn, text string) { _ = c.Write(codec.DATA, []byte(text)) }
	tree := func(c *codec.Conn) {
		_ = c.Write(codec.FILE, []byte("d 0755 - - d\n"))
		_ = c.Write(codec.FILE, []byte("f 0644 3 - d/x\n"))
		data(c, "abc")
		_ = c.WriteWords(codec.SUM, codec.Lit("crc32c=364b3fb7"))
	}
	for name, test := range map[string]struct {
		line   string
		answer func(c *codec.Conn)
		says   string
		lands  []string
	}{
		"no SUM": {
			"get a",
			func(c *codec.Conn) { file(c); data(c, "abcdef") },
			"in the middle of a file",
			nil,
		},
		"half of it": {
			"get a -",
			func(c *codec.Conn) { file(c); data(c, "abc") },
			"in the middle of a file",
			nil,
		},
		"nothing": {"get a", func(c *codec.Conn) {}, "but sent nothing", nil},
		"a note": {
			"get a",
			func(c *codec.Conn) {
				_ = c.WriteWords(codec.NOTE, codec.Lits("not-found", "a", "no such file")...)
			},
			"1 failed",
			nil,
		},
		"none for a sum": {"get a", func(c *codec.Conn) {
			file(c)
			data(c, "abcdef")
			_ = c.WriteWords(codec.SUM, codec.Bare("none"))
		}, "the sender gave no sum", nil},
		"another sum than was asked for": {"get --sum sha256 d", func(c *codec.Conn) {
			_ = c.Write(codec.FILE, []byte("f 0644 3 - d\n"))
			data(c, "abc")
			_ = c.WriteWords(codec.SUM, codec.Lit("crc32c=364b3fb7"))
		}, "sha256", nil},
		"no SUM at the end": {"get -r d", func(c *codec.Conn) {
			tree(c)
			_ = c.Write(codec.FILE, []byte("f 0644 6 - d/y\n"))
		}, "in the middle of a file", []string{"d/", "d/x"}},
		"more than it has": {"get -r d", func(c *codec.Conn) {
			tree(c)
			_ = c.WriteWords(codec.OK, codec.Lits("files=2")...)
		}, "the remote reported 2 files, but sent 1", []string{"d/", "d/x"}},
		"more than it announced": {"get -r d", func(c *codec.Conn) {
			tree(c)
			_ = c.Write(codec.FILE, []byte("f 0644 6 - d/y\n"))
			data(c, "1234567")
		}, "more than it has announced", []string{"d/", "d/x"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := shelltest.NewHostile(t, shelltest.Answers{"GET": func(c *codec.Conn, _ []codec.Word) {
				test.answer(c)
				if name != "more than it has" {
					shelltest.OK(c)
				}
			}})
			require.Error(t, s.Run(test.line))
			require.Contains(t, s.Printed(), test.says)
			if test.lands == nil {
				test.lands = []string{}
			}
			left := slices.DeleteFunc(
				shelltest.Everything(t, s.Dir),
				func(name string) bool { return landing.IsPart(filepath.Base(name)) },
			)
			require.Equal(t, test.lands, left)
		})
	}
}

func TestAnOKBeforeAllWasSentIsNoSuccess(t *testing.T) {
	for name, test := range map[string]struct {
		early bool
		ok    string
		says  string
	}{
		"at once":          {true, "files=0", "the remote reported success, but did not receive everything"},
		"at once, a lie":   {true, "files=1", "the remote reported success, but did not receive everything"},
		"some of it":       {false, "files=0", "the remote reported success, but did not receive everything"},
		"all of it":        {false, "files=1", ""},
		"without a number": {false, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			end := func(c *codec.Conn, _ []codec.Word) {
				_ = c.WriteWords(codec.OK, codec.Lits(strings.Fields(test.ok)...)...)
			}
			a := shelltest.Answers{"PUT": func(*codec.Conn, []codec.Word) {}, "END": end}
			if test.early {
				a = shelltest.Answers{"PUT": end}
			}
			s, _ := shelltest.NewHostile(t, a)
			require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "x"), make([]byte, 32<<20), 0o600))
			err := s.Run("put x")
			require.Equal(t, test.says != "", err != nil, "%v", err)
			require.Contains(t, s.Printed(), test.says)
		})
	}
}

// A single file that cannot be stored is not read to its end, which might never come.
func TestAFileThatCannotLandIsNotWaitedFor(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"GET": func(c *codec.Conn, _ []codec.Word) {
		_ = c.Write(codec.FILE, []byte("f 0644 - - a\n"))
		for c.Write(codec.DATA, make([]byte, 1<<20)) == nil && c.Flush() == nil {
		}
	}})
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "a"), []byte("mine"), 0o600))
	require.Error(t, s.Run("get a"))
	require.Contains(t, s.Printed(), "a: exists already")
}

// The local name of the home directory cannot be derived from "~".
func TestHomeNeedsAName(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"GET": shelltest.Sends("d .", "f ./.profile")})
	require.Error(t, s.Run("get -r ~"))
	require.Equal(t, "get: ~: a local name is needed\n  get -r ~ home\n", s.Printed())
	require.Empty(t, shelltest.Everything(t, s.Dir))
	require.NoError(t, s.Run("get -r ~ home"))
	require.Equal(t, []string{"home/", "home/.profile"}, shelltest.Everything(t, s.Dir))
}

func TestGrowthOfAFileIsReported(t *testing.T) {
	const replaced = "get: another file has taken its name during the transfer; " +
		"this is the one before, which is complete\n"
	for pair, says := range map[string]string{
		"grown=12": "get: it has grown by 12 B during the transfer\n", "grown=-1": "", "grown=x": "",
		"grown=9223372036854775807": "get: it has grown by 8.0 EiB during the transfer\n", "grown=\x1b[2J": "",
		"replaced=yes": replaced, "replaced=no": "",
	} {
		s, _ := shelltest.NewHostile(t, shelltest.Answers{"GET": func(c *codec.Conn, _ []codec.Word) {
			_ = c.Write(codec.FILE, []byte("f 0644 3 - a\n"))
			_ = c.Write(codec.DATA, []byte("abc"))
			_ = c.WriteWords(codec.SUM, codec.Lit("crc32c=364b3fb7"), codec.Lit(pair))
			shelltest.OK(c)
		}})
		require.NoError(t, s.Run("get a"))
		said, _, _ := strings.Cut(s.Printed(), "get: 1 file")
		require.Equal(t, says, said, pair)
		require.FileExists(t, filepath.Join(s.Dir, "a"))
	}
}

func TestAnIncompleteFileIsAFailureWhateverTheAnswer(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"GET": func(c *codec.Conn, _ []codec.Word) {
		_ = c.Write(codec.FILE, []byte("f 0644 3 - a\n"))
		_ = c.Write(codec.DATA, []byte("abc"))
		_ = c.WriteWords(codec.SUM, codec.Lit("error=changed"))
		shelltest.OK(c)
	}})
	require.Error(t, s.Run("get a"))
	require.Contains(t, s.Printed(), "a: changed while it was read")
	require.NoFileExists(t, filepath.Join(s.Dir, "a"))
}
