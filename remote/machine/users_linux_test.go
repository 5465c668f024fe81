package machine_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// utmp is a record of the file utmp, see utmp(5).
type utmp struct {
	Type, _   int16
	PID       int32
	Line      [32]byte
	ID        [4]byte
	User      [32]byte
	Host      [256]byte
	_         [2]int16
	_         int32
	Second, _ int32
	_         [4]int32
	_         [20]byte
}

// logins replaces the system's list of logged-in users.
func logins(t *testing.T, list ...utmp) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOST_VAR", dir)
	t.Setenv("PATH", dir) // a PATH without loginctl
	var b bytes.Buffer
	for _, u := range list {
		require.NoError(t, binary.Write(&b, binary.LittleEndian, u))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "run"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "run", "utmp"), b.Bytes(), 0o644))
}

func login(kind int16, user, line, host string) utmp {
	u := utmp{Type: kind, Second: 1795348800}
	copy(u.User[:], user)
	copy(u.Line[:], line)
	copy(u.Host[:], host)
	return u
}

func TestWhoListsLoggedInUsers(t *testing.T) {
	logins(t, login(2, "reboot", "~", "6.1"), login(7, "ann", "null", "192.0.2.9"), login(8, "gone", "pts/3", ""),
		login(7, "bob", ":0", ":0"), login(7, "eve", "../dev/null", "\x1b[31m"))
	c := remotetest.New(t, false).Client(t)
	got := strings.Split(strings.TrimSuffix(c.OK("WHO").Data, "\n"), "\n")
	require.Len(t, got, 3)
	ann, err := codec.ParseUser(got[0])
	require.NoError(t, err)
	_, known := ann.More.Int("idle")
	require.True(t, known, got[0])
	ann.More = nil
	require.Equal(t, "ann null 192.0.2.9 2026-11-22T12:00:00.000000000Z", ann.String())
	require.Equal(t, "bob :0 :0 2026-11-22T12:00:00.000000000Z", got[1])
	require.Equal(
		t,
		`eve ../dev/null e"\x1b[31m" 2026-11-22T12:00:00.000000000Z`,
		got[2],
		"what is no terminal is not looked at",
	)
	users, _ := hostInfo(c).More.Int("users")
	require.EqualValues(t, 3, users)
}

func TestWhoIsEmptyWithoutAList(t *testing.T) {
	t.Setenv("HOST_VAR", t.TempDir())
	t.Setenv("PATH", "")
	require.Empty(t, remotetest.New(t, false).Client(t).OK("WHO").Data)
}
