package audit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/audit"
	"techsh/remote/remotetest"
)

func newAudit(t testing.TB) (*audit.Log, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	a, err := audit.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a, path
}

// events reads an audit log. It returns the events and the errors separately.
func events(path string) (list []audit.Event, errs []error) {
	for e, err := range audit.Events(path) {
		if err != nil {
			errs = append(errs, err)
		} else {
			list = append(list, e)
		}
	}
	return list, errs
}

// words returns the Words of all events in an undamaged log.
func words(t testing.TB, path string) (list []string) {
	t.Helper()
	all, errs := events(path)
	require.Empty(t, errs)
	for _, e := range all {
		list = append(list, e.Words)
	}
	return list
}

func TestAuditGivesBackWhatWasWritten(t *testing.T) {
	a, path := newAudit(t)
	open := audit.Event{
		Time: time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC), What: "open", Session: 3,
		Peer: "bob-laptop", ID: "k3vq", From: "192.0.2.9:4711", Verb: "put", Words: `"C:\a b" <ü>`,
	}
	closed := open
	closed.What, closed.Bytes, closed.Sum, closed.Result, closed.Took = "close", 1<<40, "crc32c=a2379c0d",
		"ok", 1500*time.Millisecond
	require.NoError(t, a.Write(open))
	require.NoError(t, a.Write(closed))
	got, errs := events(path)
	require.Empty(t, errs)
	require.Equal(t, []audit.Event{open, closed}, got)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(text), "\n")
	require.Equal(t, `{"time":"2026-11-22T12:00:00.123456789Z","what":"open","session":3,`+
		`"peer":"bob-laptop","id":"k3vq",`+
		`"from":"192.0.2.9:4711","verb":"put","words":"\"C:\\a b\" <ü>"}`, first)
}

func TestAuditAddsTheTime(t *testing.T) {
	a, path := newAudit(t)
	before := time.Now()
	require.NoError(t, a.Write(audit.Event{What: "connected"}))
	got, _ := events(path)
	require.WithinRange(t, got[0].Time, before.Add(-time.Microsecond), time.Now())
}

func TestAuditEscapesTerminalSequences(t *testing.T) {
	a, path := newAudit(t)
	evil := "\x1b[2J\u202e\n\xff"
	require.NoError(
		t,
		a.Write(audit.Event{
			What:   "open" + evil,
			Peer:   evil,
			ID:     evil,
			From:   evil,
			Verb:   evil,
			Words:  evil,
			Sum:    evil,
			Result: evil,
		}),
	)
	got, errs := events(path)
	require.Empty(t, errs)
	shown := `\x1b[2J\u{202e}\x0a\xff`
	require.Equal(t, audit.Event{
		Time: got[0].Time, What: "open" +
			shown, Peer: shown, ID: shown, From: shown, Verb: shown, Words: shown, Sum: shown, Result: shown,
	}, got[0])
}

func TestAuditIsForItsUserAlone(t *testing.T) {
	a, path := newAudit(t)
	require.NoError(t, a.Write(audit.Event{What: "open"}))
	fi, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o600), fi.Mode())
	}
}

func TestAuditAppendsToAnExistingFile(t *testing.T) {
	a, path := newAudit(t)
	require.NoError(t, a.Write(audit.Event{What: "open", Words: "1"}))
	b, err := audit.Open(path)
	require.NoError(t, err)
	require.NoError(t, b.Write(audit.Event{What: "open", Words: "2"}))
	require.NoError(t, a.Write(audit.Event{What: "open", Words: "3"}))
	require.NoError(t, b.Close())
	require.Equal(t, []string{"1", "2", "3"}, words(t, path))
}

func TestAuditRefusesFilesThatAreNotPrivate(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"a link": func(path string) error {
			return errors.Join(os.WriteFile(path+".real", nil, 0o600), os.Symlink(path+".real", path))
		},
		"a link to nowhere": func(path string) error { return os.Symlink(path+".real", path) },
		"readable by others": func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, 0o604))
		},
		"writable by a group": func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, 0o620))
		},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(name, "able by") {
				t.Skip("files have no mode here")
			}
			path := filepath.Join(t.TempDir(), "audit.jsonl")
			require.NoError(t, make(path))
			_, err := audit.Open(path)
			require.ErrorContains(t, err, path)
			require.NoFileExists(t, path+".real.1")
			if fi, err := os.Stat(path + ".real"); err == nil {
				require.Zero(t, fi.Size())
			}
		})
	}
}

func TestAuditOfAnotherUserIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("owners are no uids here")
	}
	if os.Geteuid() != 0 {
		remotetest.SkipWithout(t, "only root can give files away")
	}
	a, path := newAudit(t)
	require.NoError(t, a.Close())
	require.NoError(t, os.Chown(path, 54321, 0))
	_, err := audit.Open(path)
	require.ErrorContains(t, err, path+": it belongs to the user with uid 54321, and this runs as uid 0")
	var e *codec.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, e.Hint, "run it as the user with uid 54321, or set HOME")
}

func TestAuditShortensLongTexts(t *testing.T) {
	const most = 1 << 10
	a, path := newAudit(t)
	for text, want := range map[string]string{
		strings.Repeat("x", most):       strings.Repeat("x", most),
		strings.Repeat("x", most+1):     strings.Repeat("x", most) + "… (1025 bytes)",
		"x" + strings.Repeat("ü", most): "x" + strings.Repeat("ü", most/2-1) + "… (2049 bytes)", // no half rune
		strings.Repeat("\x00", most):    strings.Repeat(`\x00`, most/4) + "… (4096 bytes)",
	} {
		require.NoError(t, a.Write(audit.Event{What: "close", Words: text, Result: text}))
		got, errs := events(path)
		require.Empty(t, errs)
		last := got[len(got)-1]
		require.Equal(t, want, last.Words)
		require.Equal(t, want, last.Result)
	}
	before, err := os.Stat(path)
	require.NoError(t, err)
	worst := strings.Repeat("\xff", 64<<10)
	require.NoError(
		t,
		a.Write(audit.Event{
			What:   "close",
			Peer:   worst,
			ID:     worst,
			From:   worst,
			Verb:   worst,
			Words:  worst,
			Sum:    worst,
			Result: worst,
		}),
	)
	after, err := os.Stat(path)
	require.NoError(t, err)
	require.Less(t, after.Size()-before.Size(), int64(7*2*most)) // each byte may need an escape
}

func TestAuditKeepsItsLimits(t *testing.T) {
	t.Parallel()
	const size, files = 10 << 20, 5
	a, path := newAudit(t)
	long := strings.Repeat("x", 1<<10)
	written := 0
	write := func() {
		require.NoError(t, a.Write(audit.Event{
			What: "open", Session: int64(written), Peer: long, ID: long, From: long, Verb: long,
			Words: long, Sum: long, Result: long,
		}))
		written++
	}
	sizeOf := func(path string) int64 {
		fi, err := os.Stat(path)
		if err != nil {
			return -1
		}
		return fi.Size()
	}
	for sizeOf(path+".1") < 0 {
		write()
		require.Less(t, sizeOf(path), int64(size+8*len(long)))
	}
	require.GreaterOrEqual(t, sizeOf(path+".1"), int64(size))
	for sizeOf(path+".4") < 0 {
		write()
	}
	got, _ := events(path)
	require.Len(t, got, written)
	for i, e := range got {
		require.EqualValues(t, i, e.Session) // the oldest event first, across all files
	}
	for before := int64(0); sizeOf(path) > before; { // writes until the next file begins
		before = sizeOf(path)
		write()
	}
	require.NoFileExists(t, fmt.Sprint(path, ".", files))
	got, _ = events(path)
	require.Less(t, len(got), written)
	require.EqualValues(t, written-1, got[len(got)-1].Session)
}

func TestAuditOfSeveralWritersHasWholeLines(t *testing.T) {
	a, path := newAudit(t)
	b, err := audit.Open(path)
	require.NoError(t, err)
	defer b.Close()
	const writers, each = 8, 200
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for range each {
				log := a
				if w%2 == 0 {
					log = b
				}
				if log.Write(audit.Event{What: "open", Session: int64(w), Words: strings.Repeat("w", 100*w)}) != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	got, errs := events(path)
	require.Empty(t, errs)
	count := map[int64]int{}
	for _, e := range got {
		require.Len(t, e.Words, 100*int(e.Session))
		count[e.Session]++
	}
	for w := range writers {
		require.Equal(t, each, count[int64(w)])
	}
}

func TestAuditRecoversWhenItsFolderIsBack(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file holds its folder here")
	}
	dir := filepath.Join(t.TempDir(), "techsh")
	require.NoError(t, os.Mkdir(dir, 0o700))
	path := filepath.Join(dir, "audit.jsonl")
	a, err := audit.Open(path)
	require.NoError(t, err)
	require.NoError(t, a.Write(audit.Event{What: "open", Words: "gone"}))
	require.NoError(t, os.Remove(path))
	require.NoError(t, a.Write(audit.Event{What: "open", Words: "again"}))
	require.Equal(t, []string{"again"}, words(t, path))
	require.NoError(t, os.RemoveAll(dir))
	for range 2 {
		require.ErrorIs(t, a.Write(audit.Event{What: "open", Words: "lost"}), os.ErrNotExist)
	}
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, a.Write(audit.Event{What: "open", Words: "back"}))
	require.Equal(t, []string{"back"}, words(t, path))
	require.NoError(t, a.Close())
}

func TestAuditRefusesAFileThatReplacedItsOwn(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be taken away here")
	}
	a, path := newAudit(t)
	other := path + ".other"
	require.NoError(t, os.WriteFile(other, nil, 0o600))
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Symlink(other, path))
	require.ErrorIs(t, a.Write(audit.Event{What: "open"}), &codec.Error{Code: codec.NotRegular})
	fi, err := os.Stat(other)
	require.NoError(t, err)
	require.Zero(t, fi.Size())
}

func TestAuditBeginsANewLineBehindADamagedOne(t *testing.T) {
	a, path := newAudit(t)
	require.NoError(t, a.Write(audit.Event{What: "open", Words: "1"}))
	require.NoError(t, a.Close())
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	damaged := string(whole) + "not json\n" + `{"time":"2026-11-22T12:00:00Z"}` + "\n" + "{}\nnull\n" +
		string(whole) + `{"time":"2026-11-22T12:00:`
	require.NoError(t, os.WriteFile(path, []byte(damaged), 0o600))
	b, err := audit.Open(path)
	require.NoError(t, err)
	require.NoError(t, b.Write(audit.Event{What: "open", Words: "2"}))
	require.NoError(t, b.Write(audit.Event{What: "open", Words: "3"}))
	require.NoError(t, b.Close())
	got, errs := events(path)
	require.Len(t, got, 4)
	require.Equal(t, "3", got[3].Words)
	var texts []string
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	require.Equal(t, []string{
		"audit.jsonl:2: not a line of an audit log", "audit.jsonl:3: not a line of an audit log",
		"audit.jsonl:4: not a line of an audit log",
		"audit.jsonl:5: not a line of an audit log", "audit.jsonl:7: not a line of an audit log",
	}, texts)
}

// The computer may have been switched off while the last line was written.
func TestTheLastLineOfAnAuditMayBeTorn(t *testing.T) {
	a, path := newAudit(t)
	require.NoError(t, a.Write(audit.Event{What: "connected"}))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, torn := range []string{"{", string(whole[:len(whole)/2]), string(whole[:len(whole)-2])} {
		require.NoError(t, os.WriteFile(path, append(slices.Clone(whole), torn...), 0o600))
		got, errs := events(path)
		require.Empty(t, errs, torn)
		require.Len(t, got, 1)
	}
}

func TestNoAuditIsNoError(t *testing.T) {
	var a *audit.Log
	require.NoError(t, a.Write(audit.Event{What: "open"}))
	require.NoError(t, a.Close())
	got, errs := events(filepath.Join(t.TempDir(), "nothing"))
	require.Empty(t, got)
	require.Empty(t, errs)
}

func TestEventsCanBeStopped(t *testing.T) {
	a, path := newAudit(t)
	for range 3 {
		require.NoError(t, a.Write(audit.Event{What: "open"}))
	}
	n := 0
	for range audit.Events(path) {
		if n++; n == 2 {
			break
		}
	}
	require.Equal(t, 2, n)
}

func TestAuditLinesAreOneObjectEach(t *testing.T) {
	a, path := newAudit(t)
	require.NoError(
		t,
		a.Write(audit.Event{
			What:    "close",
			Session: 1,
			Verb:    "exec",
			Words:   "uname -a",
			Result:  "not-found: no such program",
			Took:    time.Second,
		}),
	)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var keys map[string]any
	require.NoError(t, json.Unmarshal(text, &keys))
	require.Len(t, keys, 7)
	require.EqualValues(t, time.Second, keys["took"])
}

func BenchmarkAudit(b *testing.B) {
	a, _ := newAudit(b)
	e := audit.Event{
		Time: time.Now(), What: "close", Session: 3, Peer: "bob-laptop", ID: strings.Repeat("k3vq", 13),
		From: "192.0.2.9:4711",
		Verb: "get", Words: `"C:\Program Files\report 1.txt"`, Bytes: 1 << 20, Sum: "crc32c=a2379c0d",
		Result: "ok", Took: time.Second,
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := a.Write(e); err != nil {
			b.Fatal(err)
		}
	}
}
