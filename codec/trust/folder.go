package trust

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"techsh/codec"
)

// A Folder is where a computer keeps its identity and whom it knows. Several
// processes may use one at a time, and several goroutines a Folder.
type Folder struct {
	dir     string
	now     func() clockTime
	writing sync.Mutex // before the lock of the processes: waiting here needs no polling

	mu         sync.Mutex
	peerCache  peerCache // the file peers as it was last read
	inviteSeen firstSight
}

// OwnDir returns the path of this user's own folder: "techsh" where the system
// keeps settings (os.UserConfigDir).
func OwnDir() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "techsh"), nil
}

// OpenOwn opens this user's own folder.
func OpenOwn() (*Folder, error) {
	var f *Folder
	dir, err := OwnDir()
	if err == nil {
		f, err = Open(dir)
	}
	if err == nil || errorHint(err) != "" {
		return f, err
	}
	e := codec.Errorf(codec.NotFound, "there is no folder for the identity of this computer: %v", err)
	e.Hint = "set HOME (on Windows AppData) to a folder that can be written; --plain, --stdio and --via need none"
	return nil, e
}

func errorHint(err error) string {
	if e, ok := errors.AsType[*codec.Error](err); ok {
		return e.Hint
	}
	return ""
}

// Open returns the folder dir, which it makes if need be, for its user
// alone. One that others may write to, or that is another user's, is refused.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, codec.Explain(dir, err)
	}
	info, err := os.Stat(dir)
	if err == nil {
		err = checkOwner(info)
	}
	if err != nil {
		return nil, codec.Explain(dir, err)
	}
	if !isSealed(info) {
		return nil, &codec.Error{
			Code: codec.NotAllowed, Name: dir, Text: "others may write to this folder",
			Hint: "chmod 700 " + codec.Name(dir),
		}
	}
	return &Folder{dir: dir, now: newClock()}, nil
}

// Path returns the path of a file in the folder.
func (f *Folder) Path(name string) string { return filepath.Join(f.dir, name) }

const (
	identityFile  = "identity.pem"
	listeningFile = "listening"
)

// Identity returns this computer's identity, which it makes the first time
// (file identity.pem: certificate and key). It never overwrites one.
func (f *Folder) Identity() (*Identity, error) {
	data, info, err := f.read(identityFile)
	if err == nil && info == nil {
		if err = f.makeIdentity(); err == nil {
			data, _, err = f.read(identityFile)
		}
	}
	if err != nil {
		return nil, err
	}
	i, err := parseIdentity(data)
	if err != nil {
		e := codec.Explain(f.Path(identityFile), err)
		e.Hint = "restore it from a backup, or move it away and pair anew"
		return nil, e
	}
	return i, nil
}

// makeIdentity makes an identity, unless there is one by now.
func (f *Folder) makeIdentity() error {
	i, err := NewIdentity()
	if err != nil {
		return err
	}
	data, err := i.pem()
	if err != nil {
		return err
	}
	unlock, err := f.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if _, info, err := f.read(identityFile); err != nil || info != nil {
		return err
	}
	if err := f.write(identityFile, data, renameNew); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// SetListening notes the addresses (ADDR:PORT) at which a server listens, the
// best one first, for who makes an invitation; none when it ends.
func (f *Folder) SetListening(addrs []string) error {
	return f.change(listeningFile, func([]byte) ([]byte, error) {
		var b strings.Builder
		for _, a := range addrs {
			if err := checkAddr(a); err != nil {
				return nil, err
			}
			b.WriteString(a + "\n")
		}
		return []byte(b.String()), nil
	})
}

// Listening returns what SetListening noted; none when no server runs.
func (f *Folder) Listening() ([]string, error) {
	data, _, err := f.read(listeningFile)
	if err != nil {
		return nil, err
	}
	lines, err := parseLines(f.Path(listeningFile), data, func(words []codec.Word) (string, error) {
		if len(words) != 1 {
			return "", codec.Errorf(codec.BadRequest, "a line is one address")
		}
		return words[0].Text, checkAddr(words[0].Text)
	})
	return lineValues(lines), err
}

// An clockTime is a moment by two clocks: people and other computers set the one
// on the wall, nobody the other, which says for how long something has run. But
// that one may stand still while the computer sleeps.
type clockTime struct {
	wall time.Time
	up   time.Duration
}

// newClock returns a clock of both.
func newClock() func() clockTime {
	start := time.Now()
	return func() clockTime {
		now := time.Now()
		return clockTime{now.Round(0), now.Sub(start)}
	}
}

// isOver says whether a time from one moment until another has ended, for who
// first knew of it at seen. The clock that says more counts, and a time that has
// not begun yet is over: the clock was set back.
func isOver(from, until time.Time, seen, now clockTime) bool {
	return now.wall.Before(from) || !now.wall.Before(until) || now.up-seen.up >= until.Sub(seen.wall)
}
