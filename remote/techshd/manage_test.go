package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/audit"
)

const day = 24 * time.Hour

func TestDurationsAreGosAndDays(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"2h": 2 * time.Hour, "30m": 30 * time.Minute, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "1d": day,
		"7d": 7 * day, "1d12h": 36 * time.Hour, "0d5m": 5 * time.Minute, "36500d": 36500 * day,
		"1.5h": 90 * time.Minute,
	} {
		got, err := parseDuration(s)
		require.NoError(t, err, s)
		require.Equal(t, want, got, s)
	}
	for _, s := range []string{
		"",
		"d",
		"0",
		"0s",
		"0d",
		"-2h",
		"-1d",
		"1d-24h",
		"2",
		"ever",
		"1dd",
		"1d 2h",
		"36501d",
		"99999999999d",
		"1000000h",
		"2h1d",
		"+1d",
		"\x1b[2Jd",
	} {
		_, err := parseDuration(s)
		require.ErrorContains(t, err, "is not a duration such as 30m, 2h or 7d", s)
		require.NotContains(t, err.Error(), "\x1b")
	}
}

func TestSpansHaveNoZerosAtTheirEnd(t *testing.T) {
	for d, want := range map[time.Duration]string{
		10 * time.Minute: "10m", 2 * time.Hour: "2h", 90 * time.Minute: "1h30m", day: "1d", 7 * day: "7d",
		36 * time.Hour:          "36h",
		time.Hour + time.Second: "1h0m1s", 30 * time.Second: "30s", 20 * time.Hour: "20h",
	} {
		require.Equal(t, want, formatDuration(d))
	}
}

func TestSessionsAreAllAndEach(t *testing.T) {
	for s, want := range map[string][2]int{"1": {1, 0}, "200": {200, 0}, "64/8": {64, 8}, "5/5": {5, 5}} {
		all, each, err := parseSessions(s)
		require.NoError(t, err, s)
		require.Equal(t, want, [2]int{all, each}, s)
	}
	for _, s := range []string{"", "0", "-1", "x", "8/", "/8", "8/0", "8/9", "8/x", "8/4/2", "99999999999999999999"} {
		_, _, err := parseSessions(s)
		require.ErrorContains(t, err, "ALL[/EACH], such as 64/8", s)
	}
}

// newManager returns a manager of an empty folder, and its output.
func newManager(t *testing.T, terminal bool) (m *manager, out *bytes.Buffer) {
	folder, err := trust.Open(t.TempDir())
	require.NoError(t, err)
	out = &bytes.Buffer{}
	return &manager{folder, out, out, terminal, colours(terminal)}, out
}

func TestPeersOnATerminalAreATable(t *testing.T) {
	m, out := newManager(t, true)
	id := func(first byte) trust.ID {
		b := bytes.Repeat([]byte{'a'}, 52)
		b[0] = first
		return trust.ID(b)
	}
	added := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, p := range []trust.Peer{
		{ID: id('b'), Name: "bob-laptop", Can: trust.Dir | trust.Get, Added: added},
		{
			ID:    id('c'),
			Name:  "al",
			Can:   trust.NoRights,
			Added: added,
			Until: time.Date(2025, 1, 2, 3, 4, 0, 0, time.Local),
		},
	} {
		_, err := m.folder.AddPeer(p)
		require.NoError(t, err)
	}
	require.NoError(t, m.peers(t.Context(), codec.Args{}))
	require.Equal(t, ""+
		"NAME        ID          MAY      SINCE       UNTIL\n"+
		"bob-laptop  "+id('b').Short()+"  dir get  2025-01-01  \n"+
		"al          "+id('c').Short()+"  none     2025-01-01  2025-01-02 03:04, over\n", out.String())
}

func TestIDOnATerminalIsInGroups(t *testing.T) {
	m, out := newManager(t, true)
	require.NoError(t, m.id(t.Context(), codec.Args{}))
	require.Regexp(t, `^([a-z2-7]{4}-){12}[a-z2-7]{4}\n$`, out.String())
}

func TestAuditOnATerminalHasOnlyColourSequences(t *testing.T) {
	m, out := newManager(t, true)
	log, err := audit.Open(m.folder.Path(auditName))
	require.NoError(t, err)
	require.NoError(t, log.Write(audit.Event{What: "open", Session: 1, Peer: "bob", Verb: "exec", Words: "\x1b[2J"}))
	require.NoError(
		t,
		log.Write(audit.Event{
			What:    "close",
			Session: 1,
			Peer:    "bob",
			Verb:    "exec",
			Words:   "\x1b[2J",
			Result:  "ok",
			Took:    time.Second,
		}),
	)
	require.NoError(t, log.Write(audit.Event{What: "open", Session: 1, Peer: "bob", Verb: "get", Words: "big"}))
	require.NoError(
		t,
		log.Write(audit.Event{
			What:    "refused",
			Session: 1,
			Peer:    "bob",
			Verb:    "del",
			Words:   "x",
			Result:  "declined: no",
		}),
	)
	require.NoError(t, log.Close())
	require.NoError(t, m.audit(t.Context(), codec.Args{}))
	require.Contains(t, out.String(), "\x1b[36mbob\x1b[0m  exec \\x1b[2J  \x1b[32mok\x1b[0m  1s\n")
	require.Contains(t, out.String(), "  get big  \x1b[33munfinished\x1b[0m\n")
	require.Contains(t, out.String(), "  refused del x  \x1b[31mdeclined: no\x1b[0m\n")
}
