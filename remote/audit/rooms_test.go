package audit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
	"techsh/remote/audit"
)

// texts returns the words, or otherwise the kinds, of the events in one file of a log.
func texts(t testing.TB, path string) (list []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	alone := filepath.Join(t.TempDir(), "alone.jsonl")
	require.NoError(t, os.WriteFile(alone, text, 0o600))
	all, errs := events(alone)
	require.Empty(t, errs)
	for _, e := range all {
		list = append(list, strings.TrimSpace(e.What+" "+e.Words))
	}
	return list
}

func readsOf(path string) string { return strings.TrimSuffix(path, ".jsonl") + "-reads.jsonl" }

func TestReadingHasFilesOfItsOwnAndIsListedAtItsTime(t *testing.T) {
	a, path := newAudit(t)
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, e := range []audit.Event{
		{What: "connected"},
		{What: "open", Words: "dir", Right: trust.Dir},
		{What: "close", Words: "dir", Right: trust.Dir},
		{What: "open", Words: "exec", Right: trust.Exec},
		{What: "close", Words: "exec", Right: trust.Exec},
		{What: "open", Words: "shot", Right: trust.Shot},
		{What: "refused", Words: "get", Right: trust.Get},
		{What: "paired"},
		{What: "open", Words: "put", Right: trust.Put},
		{What: "open", Words: "del", Right: trust.Del},
		{What: "open", Words: "get", Right: trust.Get},
		{What: "disconnected"},
	} {
		at = at.Add(time.Second)
		e.Time = at
		require.NoError(t, a.Write(e))
	}
	require.Equal(t, []string{
		"connected", "open exec", "close exec", "refused get", "paired", "open put", "open del", "disconnected",
	}, texts(t, path))
	require.Equal(t, []string{"open dir", "close dir", "open shot", "open get"}, texts(t, readsOf(path)))
	all, errs := events(path)
	require.Empty(t, errs)
	require.Len(t, all, 12)
	for i := range all[1:] {
		require.True(t, all[i].Time.Before(all[i+1].Time), i)
	}
	info, err := os.Stat(readsOf(path))
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&0o077)
}

func TestReadingCannotDisplaceChanges(t *testing.T) {
	t.Parallel()
	a, path := newAudit(t)
	require.NoError(t, a.Write(audit.Event{What: "open", Words: "evil", Right: trust.Exec}))
	long := strings.Repeat("x", 1<<10)
	oldest := readsOf(path) + ".4"
	for { // until the log of reading has lost its first file
		before, err := os.Stat(oldest)
		require.NoError(t, a.Write(audit.Event{
			What: "open", Right: trust.Dir, Peer: long, ID: long, From: long, Verb: long, Words: long, Sum: long, Result: long,
		}))
		after, _ := os.Stat(oldest)
		if err == nil && !os.SameFile(before, after) {
			break
		}
	}
	require.Equal(t, []string{"open evil"}, texts(t, path))
	require.NoFileExists(t, path+".1")
}

func TestConnectionsCannotDisplaceChanges(t *testing.T) {
	a, path := newAudit(t)
	day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	count := func(path, what string) int { return strings.Count(strings.Join(texts(t, path), "\n"), what) }
	for n := range 1500 {
		at := day.Add(time.Duration(n) * time.Second)
		require.NoError(t, a.Write(audit.Event{Time: at, What: "refused", From: "192.0.2.66:1", Result: "why"}))
		require.NoError(t, a.Write(audit.Event{Time: at, What: "refused", ID: "k3vq", Words: "of a peer"}))
	}
	require.Equal(t, 900+1000, count(path, "refused"))
	require.Equal(t, 500, count(readsOf(path), "refused of a peer"))
	for n := range 200 { // such as wrong pairing codes
		at := day.Add(time.Hour + time.Duration(n)*time.Second)
		require.NoError(t, a.Write(audit.Event{Time: at, What: "refused", Result: "notable", Notable: true}))
	}
	require.Equal(t, 1000+1000, count(path, "refused"), "they have the rest of the 1,000")
	for n := range 1500 {
		at := day.Add(2*time.Hour + time.Duration(n)*time.Second)
		require.NoError(t, a.Write(audit.Event{Time: at, What: "connected", ID: "zz7a"}))
	}
	require.Equal(t, 1000, count(path, "connected"))
	require.Equal(t, 500, count(readsOf(path), "connected"))
	require.NoError(t, a.Write(audit.Event{Time: day.Add(24 * time.Hour), What: "refused", Result: "of the next day"}))
	all, errs := events(path)
	require.Empty(t, errs)
	require.Equal(t, "of the next day", all[len(all)-1].Result)
	last := 0
	for _, e := range all {
		if strings.HasSuffix(e.Result, "; further refusals like this are not recorded today") {
			last++
		}
	}
	require.Equal(t, 2, last, "one of each kind")
}

// TestAuditingProcess is the process that TestLinesOfChangesAreOnDiskBeforeTheirEffect
// starts.
func TestAuditingProcess(t *testing.T) {
	path := os.Getenv(auditAt)
	if path == "" {
		t.Skip("it is started by another test")
	}
	a, err := audit.Open(path)
	require.NoError(t, err)
	defer a.Close()
	for _, e := range []audit.Event{
		{What: "open", Verb: "exec", Right: trust.Exec},
		{What: "open", Verb: "put", Right: trust.Put},
		{What: "open", Verb: "del", Right: trust.Del},
		{What: "close", Verb: "del", Right: trust.Del},
		{What: "open", Verb: "dir", Right: trust.Dir},
		{What: "connected"},
	} {
		fmt.Println(e.What, e.Verb, a.Write(e))
	}
}

const auditAt = "TECHSH_TEST_AUDIT"
