package landing_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
)

func TestPartIsHiddenAndGoneAfterAbandon(t *testing.T) {
	dir := t.TempDir()
	l, err := landing.Begin(landing.Target{Dir: open(t, dir), Name: "x", Key: "key"})
	require.NoError(t, err)
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.True(t, landing.IsPart(list[0].Name()))
	l.Abandon()
	requireOnly(t, dir)
	for name, part := range map[string]bool{
		".techsh-part-0123456789ab31c5": true, ".techsh-part-": false,
		".techsh-part-0123456789abcdef": false, ".techsh-part-0123456789AB31C5": false,
		".techsh-part-0123456789ab31c6": false, ".techsh-part-xxxxxxxxxxxxxxxx": false,
		".techsh-part-0123456789abcdef0": false, "techsh-part-0123456789abcdef": false, "x": false,
	} {
		require.Equal(t, part, landing.IsPart(name), name)
	}
}

func TestPartOfAKilledProcessIsRemoved(t *testing.T) {
	dir := t.TempDir()
	target := func() landing.Target { return landing.Target{Dir: open(t, dir), Name: "x", Key: "key"} }
	l, err := landing.Begin(target())
	require.NoError(t, err)
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	part := filepath.Join(dir, list[0].Name())
	l.Abandon()
	require.NoError(t, os.WriteFile(part, []byte("a part of something"), 0o600))
	l, err = landing.Begin(target())
	require.NoError(t, err)
	_, err = l.Write([]byte("whole"))
	require.NoError(t, err)
	require.NoError(t, l.Commit(0o600, time.Time{}))
	requireOnly(t, dir, "x")
	requireText(t, filepath.Join(dir, "x"), "whole")
}

func TestOnlyRegularFilesAreRemovedAsParts(t *testing.T) {
	dir := t.TempDir()
	l, err := landing.Begin(landing.Target{Dir: open(t, dir), Name: "x", Key: "key"})
	require.NoError(t, err)
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	part := filepath.Join(dir, list[0].Name())
	l.Abandon()
	require.NoError(t, os.Mkdir(part, 0o700))
	_, err = landing.Begin(landing.Target{Dir: open(t, dir), Name: "x", Key: "key"})
	requireCode(t, err, codec.NotRegular)
	require.NoError(t, os.Remove(part))
	require.NoError(t, os.Symlink("elsewhere", part))
	_, err = landing.Begin(landing.Target{Dir: open(t, dir), Name: "x", Key: "key"})
	requireCode(t, err, codec.NotRegular)
	require.NoFileExists(t, filepath.Join(dir, "elsewhere"))
}

func TestSecondLandingOfAFileIsBusy(t *testing.T) {
	dir := t.TempDir()
	target := func(key string) landing.Target {
		return landing.Target{Dir: open(t, dir), Name: "x", Key: key, Force: true}
	}
	one, err := landing.Begin(target("key"))
	require.NoError(t, err)
	_, err = one.Write([]byte("one"))
	require.NoError(t, err)
	for range 3 {
		_, err = landing.Begin(target("key"))
		requireCode(t, err, codec.Busy)
	}
	other, err := landing.Begin(target("other key"))
	require.NoError(t, err)
	other.Abandon()
	require.NoError(t, one.Commit(0o600, time.Time{}))
	requireText(t, filepath.Join(dir, "x"), "one")
	requireOnly(t, dir, "x")
}

// Many landings of one file begin, commit and are abandoned at the same time. The target
// is always one of them and complete.
func TestLandingsOfOneFileNeverMix(t *testing.T) {
	dir := t.TempDir()
	const writers, rounds = 4, 150
	done := make(chan error)
	for i := range writers {
		go func() {
			done <- func() error {
				text := []byte(strings.Repeat(fmt.Sprint(i), 5000))
				for round := range rounds {
					root, err := os.OpenRoot(dir)
					if err != nil {
						return err
					}
					l, err := landing.Begin(landing.Target{
						Dir: root, Name: "x", Key: "key", Force: true,
					})
					if errors.Is(err, &codec.Error{Code: codec.Busy}) {
						continue
					}
					if err != nil {
						return err
					}
					for half := range 2 {
						if _, err := l.Write(text[half*2500:][:2500]); err != nil {
							return err
						}
						runtime.Gosched()
					}
					if round%3 == 0 {
						l.Abandon()
					} else if err := l.Commit(0o600, time.Time{}); err != nil {
						return err
					}
					b, err := os.ReadFile(filepath.Join(dir, "x"))
					if err == nil &&
						(len(b) != 5000 || strings.Trim(string(b), string(b[:1])) != "") {
						return fmt.Errorf("a mixture of %d bytes", len(b))
					}
				}
				return nil
			}()
		}()
	}
	for range writers {
		require.NoError(t, <-done)
	}
	requireOnly(t, dir, "x")
}
