package files_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote"
	"techsh/remote/remotetest"
)

// findPaths returns the names that FIND answers, sorted.
func findPaths(c *remotetest.Client, line string) []string {
	c.T.Helper()
	names := c.OK(line).Names(c.T)
	slices.Sort(names)
	return names
}

// plantGrove makes a tree with which the conditions of FIND are tested. It returns what
// Plant has left out.
func plantGrove(h *remotetest.Remote, t testing.TB) (left []string) {
	left = remotetest.Plant(t, h.Dir, map[string]string{
		"g/a.log": "1", "g/B.LOG": "", "g/.hidden": "12", "g/.techsh-part-0123456789ab31c5": "part",
		"g/two words": "123", "g/\xff\n": "x",
		"g/sub/deep/leaf.log": "1234567890", "g/sub/empty/": "", "g/door": "@sub", "g/sub/loop": "@../..",
		"g/broken": "@nowhere", "g/fifo": "|",
	})
	old := time.Date(2001, 2, 3, 4, 5, 6, 700, time.UTC) // Windows counts steps of 100 ns
	require.NoError(t, os.Chtimes(filepath.Join(h.Dir, "g/a.log"), old, old))
	require.NoError(t, os.Chtimes(filepath.Join(h.Dir, "g/sub/empty"), old, old))
	return left
}

func TestFindListsEverything(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		left := plantGrove(h, t)
		missing := func(line string) bool {
			return slices.ContainsFunc(left, func(name string) bool { return strings.Contains(line, name) })
		}
		c := h.Client(t)
		for line, want := range map[string][]string{
			"FIND g": {
				"g", "g/.hidden", "g/B.LOG", "g/a.log", "g/broken", "g/door", "g/fifo", "g/sub",
				"g/sub/deep", "g/sub/deep/leaf.log", "g/sub/empty", "g/sub/loop", "g/two words", "g/\xff\n",
			},
			"FIND --name *.log g":       {"g/a.log", "g/sub/deep/leaf.log"},
			`FIND --name "two words" g`: {"g/two words"},
			"FIND --name g g":           {"g"},
			"FIND --name *e* --depth 2 g": {
				"g/.hidden",
				"g/broken",
				"g/sub/deep",
				"g/sub/empty",
			},
			"FIND --name nova g":                                     nil,
			"FIND --name deep/leaf.log g":                            nil,
			"FIND --type d g":                                        {"g", "g/sub", "g/sub/deep", "g/sub/empty"},
			"FIND --type l g":                                        {"g/broken", "g/door", "g/sub/loop"},
			"FIND --type f --size 0 g":                               {"g/B.LOG"},
			"FIND --size 10 g":                                       {"g/sub/deep/leaf.log"},
			"FIND --size +2 g":                                       {"g/sub/deep/leaf.log", "g/two words"},
			"FIND --size -2 g":                                       {"g/B.LOG", "g/a.log", "g/\xff\n"},
			"FIND --size -0 g":                                       nil,
			"FIND --size +9223372036854775807 g":                     nil,
			"FIND --depth 0 g":                                       {"g"},
			"FIND --depth 1 --type d g":                              {"g", "g/sub"},
			"FIND --depth 99999999999 --name leaf* g":                {"g/sub/deep/leaf.log"},
			"FIND --type d --newer 2001-02-03T04:05:06Z g":           {"g", "g/sub", "g/sub/deep", "g/sub/empty"},
			"FIND --type d --newer 2001-02-03T04:05:06.000000700Z g": {"g", "g/sub", "g/sub/deep"},
			"FIND --name *.log --newer 2001-02-03T06:05:07+02:00 g":  {"g/sub/deep/leaf.log"},
			"FIND g/a.log":                                           {"g/a.log"},
			"FIND g/door":                                            {"g/door"},
			"FIND g/door/": {
				"g/door/",
				"g/door/deep",
				"g/door/deep/leaf.log",
				"g/door/empty",
				"g/door/loop",
			},
			"FIND g/*.log g/sub/e*":             {"g/a.log", "g/sub/empty"},
			"FIND --type d g/sub/.":             {"g/sub/.", "g/sub/./deep", "g/sub/./empty"},
			"FIND --type f " + h.Dir + "/g/sub": {filepath.ToSlash(h.Dir) + "/g/sub/deep/leaf.log"},
		} {
			if runtime.GOOS == "windows" && strings.Contains(line, "*.log") {
				want = append(want, "g/B.LOG") // case does not matter
			}
			if !missing(line) {
				require.ElementsMatch(t, remotetest.Without(left, want), findPaths(c, line), line)
			}
		}
		if missing("g/door") {
			return
		}
		c.OK("CD g/door")
		require.Equal(
			t,
			[]string{".", "./deep", "./deep/leaf.log", "./empty", "./loop"},
			findPaths(c, "FIND ."),
			"where we are, also when a link has led there",
		)
	})
}

// FIND -L lists what GET -L sends.
func TestFindFollowsLinksAsGetDoes(t *testing.T) {
	remotetest.NeedLinks(t)
	h := remotetest.New(t, false)
	remotetest.Plant(t, h.Dir, map[string]string{
		"t/real/x": "x", "t/file": "f", "t/toReal": "@real", "t/toFile": "@file", "t/up": "@..",
		"t/broken": "@nowhere", "t/far/in": "@../real/x", "t/self": "@self", "t/fifo": "|", "t/toFifo": "@fifo",
		"t/a/toB": "@../b", "t/b/toA": "@../a", "t/b/leaf": "l",
	})
	c := h.Client(t)
	got, err := c.Call(t.Context(), remotetest.NewRequest(t, "GET -rL t"))
	c.RequireCode(err, "GET -rL t", codec.Partial)
	var sent []string
	for _, line := range got.Files {
		e, err := codec.ParseEntry(line)
		require.NoError(t, err)
		sent = append(sent, fmt.Sprintf("%c %s", e.Kind, e.Name))
	}
	for _, note := range got.Notes { // these concern only GET
		require.Regexp(t, `^(unsupported|bad-name|not-found|internal|not-regular) t/`, note)
	}
	found, err := c.Call(t.Context(), remotetest.NewRequest(t, "FIND -L t"))
	c.RequireCode(err, "FIND -L t", codec.Partial)
	var told []string
	require.NoError(t, codec.Entries([]byte(found.Data), func(e codec.Entry) error {
		require.NotEqual(t, codec.Link, e.Kind, e.Name)
		if e.Kind != codec.Pipe {
			told = append(told, fmt.Sprintf("%c %s", e.Kind, e.Name))
		}
		return nil
	}))
	require.ElementsMatch(t, sent, told)
	require.Contains(t, told, "f t/a/toB/leaf")
	require.Contains(t, told, "f t/toReal/x")

	got, err = c.Call(t.Context(), remotetest.NewRequest(t, "FIND -L --depth 1 --type f --name to* t/."))
	c.RequireCode(err, "", codec.Partial) // some links are dangling
	require.Equal(t, []string{"t/./toFile"}, got.Names(t))
}

func TestFindLOfAJailStaysInIt(t *testing.T) {
	remotetest.NeedLinks(t)
	w := remotetest.NewWorld(t)
	c := remotetest.Jailed(t, w.Root())
	got, err := c.Call(t.Context(), remotetest.NewRequest(t, "FIND -L /"))
	c.RequireCode(err, "FIND -L /", codec.Partial)
	for _, name := range got.Names(t) {
		require.NotContains(t, name, "secret")
	}
}

func TestFindOfManyFilesWithConditions(t *testing.T) {
	remotetest.InMemory(t)
	h := remotetest.New(t, true)
	what := map[string]string{}
	for i := range 2000 {
		what[fmt.Sprintf("%d/%d/file %d.%d", i%10, i%70, i, i%3)] = strings.Repeat("x", i%100)
	}
	remotetest.Plant(t, filepath.Join(h.Dir, "big"), what)
	size := func(name string) int { return len(what[strings.TrimPrefix(name, "big/")]) }
	c := h.Client(t)
	for line, holds := range map[string]func(name string) bool{
		"FIND --type f big": func(string) bool { return true },
		"FIND --name *.1 big": func(name string) bool {
			return strings.HasSuffix(name, ".1")
		},
		"FIND --name \"file ?.*\" big": func(name string) bool {
			return len(filepath.Base(name)) == len("file 1.1")
		},
		"FIND --size +90 big": func(name string) bool { return size(name) > 90 },
		"FIND --size -10 --name *.0 big": func(name string) bool {
			return size(name) < 10 && strings.HasSuffix(name, ".0")
		},
		"FIND --size 50 --newer 1999-01-01T00:00:00Z big": func(name string) bool { return size(name) == 50 },
		"FIND --type f --newer 2999-01-01T00:00:00Z big":  func(string) bool { return false },
		"FIND --depth 1 --name file* big":                 func(string) bool { return false },
		"FIND --depth 2 --type f big/3": func(name string) bool {
			return strings.HasPrefix(name, "big/3/")
		},
	} {
		var want []string
		for name := range what {
			if holds("big/" + name) {
				want = append(want, "big/"+name)
			}
		}
		slices.Sort(want)
		require.Equal(t, want, findPaths(c, line), line)
	}
}

// The walk waits for a client that does not read.
func TestFindWaitsForItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		what := map[string]string{}
		for i := range 800 {
			what[fmt.Sprintf("%d/%s", i, strings.Repeat("long", 50))] = ""
		}
		remotetest.Plant(t, n.Dir, what)
		for _, line := range []string{"FIND .", "DIR -R ."} {
			conn := n.Dial(t)
			c := codec.NewConn(conn)
			_, err := c.ReadFrame()
			require.NoError(t, err)
			words := strings.SplitN(line, " ", 2)
			_, err = conn.Write([]byte(remotetest.Header(words[0], len(words[1])+1) + words[1] + "\n"))
			require.NoError(t, err)
			time.Sleep(time.Minute)
			synctest.Wait()
			require.Equal(t, 1, remotetest.Live(n.Server))
			lines := 0
			for {
				f, err := c.ReadFrame()
				require.NoError(t, err)
				if f.Verb == codec.OK {
					break
				}
				lines += strings.Count(string(f.Body), "\n")
			}
			require.GreaterOrEqual(t, lines, 1601, line)
			conn.Close()
		}
		n.Stop()
	})
}

func TestFindAgreesWithStat(t *testing.T) {
	h := remotetest.New(t, false)
	plantGrove(h, t)
	c := h.Client(t)
	for line := range strings.Lines(c.OK("FIND g").Data) {
		e, err := codec.ParseEntry(strings.TrimSuffix(line, "\n"))
		require.NoError(t, err)
		require.True(
			t,
			strings.HasPrefix(
				c.OK("STAT "+codec.Quote(codec.Lit(e.Name))).Data,
				strings.TrimSuffix(line, "\n"),
			),
			line,
		)
	}
}

func TestFindRefuses(t *testing.T) {
	h := remotetest.New(t, false)
	plantGrove(h, t)
	c := h.Client(t)
	for line, code := range map[string]codec.Code{
		"FIND": codec.BadRequest, "FIND nova": codec.NotFound, "FIND *.nova": codec.NotFound,
		"FIND g/a.log/": codec.NotDirectory, "FIND --type x g": codec.BadRequest,
		"FIND --type fd g": codec.BadRequest,
		`FIND --type "" g`: codec.BadRequest, "FIND --depth -1 g": codec.BadRequest,
		"FIND --depth 01 g": codec.BadRequest, "FIND --size 1k g": codec.BadRequest,
		"FIND --size +-1 g": codec.BadRequest,
		"FIND --size + g":   codec.BadRequest, `FIND --size "" g`: codec.BadRequest,
		"FIND --size 9223372036854775808 g": codec.BadRequest, "FIND --newer yesterday g": codec.BadRequest,
		"FIND --newer 2001-02-03 g": codec.BadRequest, "FIND -name x g": codec.BadRequest,
		"FIND --name": codec.BadRequest, "FIND g nova": codec.Partial,
	} {
		c.Fails(line, code)
	}
	got, e := c.Fails("FIND --type d nova g", codec.Partial)
	require.Equal(t, []string{"not-found nova \"no such file or folder\"\n"}, got.Notes)
	require.Equal(t, codec.Pairs{{Key: "failed", Value: "1"}, {Key: "done", Value: "4"}}, e.More)
	require.Len(t, got.Names(t), 4, "the rest goes on")
}

// withoutPair removes the pair with the key from the end of each line.
func withoutPair(lines, key string) string {
	return regexp.MustCompile(" "+key+"=[0-9]+\n").ReplaceAllString(lines, "\n")
}

func TestDuCountsEach(t *testing.T) {
	remotetest.NeedLinks(t)
	h := remotetest.New(t, false)
	plantGrove(h, t)
	c := h.Client(t)
	got := c.OK(`DU g g/sub "g/two words" g/door g/door/`)
	require.Equal(
		t,
		"32 10 4 g\n15 2 3 g/sub\n3 1 0 \"g/two words\"\n3 1 0 g/door\n15 2 3 g/door/\n",
		withoutPair(got.Data, "allocated"),
		"what it is called in the request; links are themselves",
	)
	require.Equal(
		t,
		codec.Pairs{
			{Key: "files", Value: "16"}, {Key: "folders", Value: "10"}, {Key: "bytes", Value: "68"}, {Key: "linked", Value: "0"},
		},
		slices.DeleteFunc(got.Pairs, func(p codec.Pair) bool { return p.Key == "allocated" }),
	)
	got, e := c.Fails("DU nova g/sub", codec.Partial)
	require.Equal(t, "15 2 3 g/sub\n", withoutPair(got.Data, "allocated"))
	require.Equal(
		t,
		codec.Pairs{
			{Key: "failed", Value: "1"},
			{Key: "done", Value: "1"},
			{Key: "files", Value: "2"},
			{Key: "folders", Value: "3"},
			{Key: "bytes", Value: "15"},
			{Key: "linked", Value: "0"},
		},
		slices.DeleteFunc(e.More, func(p codec.Pair) bool { return p.Key == "allocated" }),
	)
}

func TestDirOfAllBelow(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		left := plantGrove(h, t)
		h.Write(t, "g/.secret/inner", "")
		c := h.Client(t)
		folders := func(line string) map[string][]string {
			all := map[string][]string{}
			at := ""
			r := remotetest.NewRequest(t, line)
			r.Recv = func(f codec.Frame) error {
				if f.Verb == codec.FILE {
					e, err := codec.ParseEntry(strings.TrimSuffix(string(f.Body), "\n"))
					require.NoError(t, err)
					require.Equal(t, codec.Folder, e.Kind)
					at = filepath.ToSlash(e.Name)
					require.NotContains(t, all, at)
					all[at] = []string{}
					return nil
				}
				return codec.Entries(f.Body, func(e codec.Entry) error {
					all[at] = append(all[at], e.Name)
					slices.Sort(all[at])
					return nil
				})
			}
			_, err := c.Do(t.Context(), r)
			require.NoError(t, err)
			return all
		}
		want := map[string][]string{
			"g": {
				"B.LOG",
				"a.log",
				"broken",
				"door",
				"fifo",
				"sub",
				"two words",
				"\xff\n",
			}, "g/sub": {"deep", "empty", "loop"}, "g/sub/deep": {"leaf.log"}, "g/sub/empty": {},
		}
		for folder, names := range want {
			want[folder] = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(left, folder+"/"+name) })
		}
		require.Equal(t, want, folders("DIR -R g"))
		c.OK("CD g/sub")
		require.Equal(
			t,
			map[string][]string{".": want["g/sub"], "./deep": {"leaf.log"}, "./empty": {}},
			folders("DIR -R"),
		)
		require.Equal(t, map[string][]string{".": want["g/sub"]}, folders("DIR"))
		c.OK("CD ..")
		all := folders("DIR -aR")
		require.Equal(t, []string{"inner"}, all["./.secret"])
		require.Contains(t, all["."], ".hidden")
		require.NotContains(t, fmt.Sprint(all), "techsh-part")
		require.Equal(
			t,
			map[string][]string{"": {"a.log"}, "sub": want["g/sub"], "sub/deep": {"leaf.log"}, "sub/empty": {}},
			folders("DIR -R sub a.log"),
		)
	})
}

func TestHashIsThatOfTheBytes(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		texts := map[string]string{
			"empty":     "",
			"small":     "abc",
			"two words": strings.Repeat("x", 1<<20+1),
			"\xff\n":    "y",
		}
		h.Furnish(t)
		want := ""
		line := "HASH"
		for name, text := range texts {
			if !remotetest.CanName(name) {
				continue
			}
			h.Write(t, name, text)
			q := codec.Quote(codec.Lit(name))
			line += " " + q
			want += fmt.Sprintf("%x %s\n", sha256.Sum256([]byte(text)), q)
		}
		c := h.Client(t)
		require.Equal(t, want, c.OK(line).Data)
		if remotetest.CanLink(t) {
			require.Equal(
				t,
				fmt.Sprintf("%x \"a link\"\n", sha256.Sum256([]byte("hello, world\n"))),
				c.OK(`HASH "a link"`).Data,
			)
		}
		if runtime.GOOS != "windows" {
			c.Fails("HASH /dev/zero", codec.NotRegular)
		}
		for path, code := range map[string]codec.Code{
			"nova":   codec.NotFound,
			"sub":    codec.IsDirectory,
			"*.nova": codec.NotFound,
			"small/": codec.NotDirectory,
		} {
			c.Fails("HASH "+path, code)
		}
		got, e := c.Fails("HASH nova small sub empty", codec.Partial)
		require.Len(t, got.Notes, 2)
		require.Equal(t, 2, strings.Count(got.Data, "\n"))
		require.Equal(t, codec.Pairs{{Key: "failed", Value: "2"}, {Key: "done", Value: "2"}}, e.More)
		version, err := os.ReadFile("/proc/version")
		if err == nil && runtime.GOOS != "windows" { // whose size is 0 according to the system
			require.Equal(
				t,
				fmt.Sprintf("%x /proc/version\n", sha256.Sum256(version)),
				c.OK("HASH /proc/version").Data,
			)
		}
	})
}

func TestHashSendsEachLineBeforeTheNextFile(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "small", "abc")
	remotetest.WriteBig(h, t)
	r := h.Raw(t)
	r.Say(t, "HASH", "small", "big")
	require.Equal(t, fmt.Sprintf("%x small\n", sha256.Sum256([]byte("abc"))), r.Next(t).Body)
	r.Say(t, "STOP")
	require.Equal(t, remotetest.Said{Verb: codec.ERR, Body: "cancelled cancelled\n"}, r.Next(t))
	r.Say(t, "PING")
	require.Equal(t, codec.OK, r.Next(t).Verb)
}

func TestAuditHasTheHashOfAFile(t *testing.T) {
	n, path := remotetest.NewAudited(t)
	n.Write(t, "a", "abc")
	n.Write(t, "b", "abc")
	c, _ := n.As(t, n.Peer)
	c.OK("HASH a")
	c.OK("HASH a b")
	c.Fails("HASH a nova", codec.Partial)
	c.OK("EXIT")
	remotetest.Eventually(t, "the log is not complete", func() bool { return len(remotetest.Audited(t, path)) == 8 })
	log := remotetest.Audited(t, path)
	require.Equal(
		t,
		"close ann hash a ok sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		log[2],
	)
	require.Equal(t, "close ann hash a b ok", log[4])
}

// listVolumes returns what DF answers.
func listVolumes(c *remotetest.Client, line string) (all []codec.Volume) {
	c.T.Helper()
	for text := range strings.Lines(c.OK(line).Data) {
		v, err := codec.ParseVolume(strings.TrimSuffix(text, "\n"))
		require.NoError(c.T, err)
		all = append(all, v)
	}
	return all
}

func TestDfOfAJailHidesOtherVolumes(t *testing.T) {
	w := remotetest.NewWorld(t)
	c := remotetest.Jailed(t, w.Root())
	for _, line := range []string{"DF", "DF /", "DF dir/deep", "DF in.txt"} {
		got := listVolumes(c, line)
		require.Len(t, got, 1, line)
		require.Equal(t, "/", filepath.ToSlash(got[0].Mount))
		require.Positive(t, got[0].Size)
	}
	c.Fails("DF ..", codec.NotAllowed)
	if remotetest.CanLink(t) {
		c.Fails("DF outDir", codec.NotAllowed)
	}
}

// The private folder of the server is inside folders that are listed recursively.
func TestPrivateFolderIsNotEntered(t *testing.T) {
	n := remotetest.NewNetwork(t, func(s *remote.Server) {
		s.Private = filepath.Join(s.Dir, "home/config")
	})
	remotetest.Plant(t, n.Dir, map[string]string{"home/config/identity.pem": "secret", "home/a": "1"})
	c, _ := n.As(t, n.Peer)
	for _, line := range []string{"FIND home", "DU home", "DIR -R home", "GET -r home", "COPY -r home copy"} {
		got, err := c.Call(t.Context(), remotetest.NewRequest(t, line))
		e := c.RequireCode(err, line, codec.Partial)
		require.NotContains(t, got.Data, "secret", line)
		require.NotContains(t, got.Data, "identity.pem", line)
		require.Len(t, got.Notes, 1, line)
		require.Contains(t, got.Notes[0], "not-allowed home/config ", line)
		require.NotEmpty(t, e.More)
	}
	require.Equal(t, "1", n.Read(t, "copy/a"))
	require.NoFileExists(t, filepath.Join(n.Dir, "copy/config/identity.pem"))
	r := remotetest.NewRequest(t, "PUT -rf .")
	r.Send = remotetest.Sending(
		"FILE d 0755 - - home",
		"FILE d 0755 - - home/config",
		"FILE f 0644 3 - home/config/peers",
		"DATA abc",
		"SUM none",
		"FILE f 0644 3 - home/b",
		"DATA abc",
		"SUM none",
	)
	_, err := c.Call(t.Context(), r)
	c.RequireCode(err, "PUT", codec.Partial)
	require.NoFileExists(t, filepath.Join(n.Dir, "home/config/peers"))
	require.Equal(t, "abc", n.Read(t, "home/b"))
}
