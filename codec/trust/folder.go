package trust

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"techsh/codec"
)

// A Folder is the folder in which a computer keeps its identity and the list of computers
// that it knows. Several processes may use the same folder, and several goroutines may
// use the same Folder.
type Folder struct {
	dir     string
	now     func() clockTime
	writing sync.Mutex // locked before the lock file, because waiting for a mutex needs no polling
	wasGood sync.Map   // for each file that was read, whether it was good the last time

	mu         sync.Mutex
	peerCache  peerCache // the file peers as it was last read
	inviteSeen firstSight
}

// OwnDir returns the path of this user's own folder: "techsh" in the folder for settings
// of this computer.
func OwnDir() (string, error) { return ownDir() }

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
	e.Hint = "set HOME (on Windows LocalAppData) to a folder that can be written; --plain, --stdio and --via need none"
	return nil, e
}

func errorHint(err error) string {
	if e, ok := errors.AsType[*codec.Error](err); ok {
		return e.Hint
	}
	return ""
}

// Open opens the folder dir. If the folder does not exist, Open makes it, accessible to
// this user only, and on Windows also to Administrators and SYSTEM. It refuses a folder
// that others may write to or that another user owns.
func Open(dir string) (*Folder, error) {
	err := makeFolder(dir)
	if err == nil {
		err = checkFolder(dir)
	}
	if err != nil {
		return nil, codec.Explain(dir, err)
	}
	return &Folder{dir: dir, now: newClock()}, nil
}

// Path returns the path of a file in the folder.
func (f *Folder) Path(name string) string { return filepath.Join(f.dir, name) }

const (
	identityFile  = "identity.pem"
	listeningFile = "listening"
)

// Identity returns the identity of this computer: a certificate and a key, in the file
// identity.pem. The first call makes the file, which is never overwritten.
func (f *Folder) Identity() (*Identity, error) {
	var i *Identity
	parse := func(data []byte) (err error) {
		if data == nil {
			return nil
		}
		if i, err = parseIdentity(data); err != nil {
			e := codec.Explain(f.Path(identityFile), err)
			e.Hint = "restore it from a backup, or move it away and pair again"
			return e
		}
		return nil
	}
	_, err := f.load(identityFile, parse)
	if err == nil && i == nil {
		if err = f.makeIdentity(); err == nil {
			_, err = f.load(identityFile, parse)
		}
	}
	return i, err
}

// makeIdentity makes the file of the identity, unless another process has just made it.
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

// SetListening records the addresses (ADDR:PORT) at which a server listens, the best one
// first, for processes that make invitations. A server that ends records an empty list.
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

// Listening returns the addresses that SetListening has recorded. There are none if no
// server runs.
func (f *Folder) Listening() (addrs []string, err error) {
	_, err = f.load(listeningFile, func(data []byte) error {
		lines, err := parseLines(f.Path(listeningFile), data, func(words []codec.Word) (string, error) {
			if len(words) != 1 {
				return "", codec.Errorf(codec.BadRequest, "a line is one address")
			}
			return words[0].Text, checkAddr(words[0].Text)
		})
		addrs = lineValues(lines)
		return err
	})
	return addrs, err
}

// A clockTime is a time by two clocks: the wall clock, which can be set, and the
// monotonic clock, which cannot, but may stop while the computer sleeps.
type clockTime struct {
	wall time.Time
	up   time.Duration
}

// newClock returns a function that reads both clocks.
func newClock() func() clockTime {
	start := time.Now()
	return func() clockTime {
		now := time.Now()
		return clockTime{now.Round(0), now.Sub(start)}
	}
}

// isOver reports whether a period has ended. The period begins at the time from and ends
// at the time until. now is the present time, and seen is the time at which this process
// first saw the period. Of the two clocks, the one that shows more elapsed time decides.
// isOver also returns true if the period has not begun yet, because then the wall clock
// must have been set back.
func isOver(from, until time.Time, seen, now clockTime) bool {
	return now.wall.Before(from) || !now.wall.Before(until) || now.up-seen.up >= until.Sub(seen.wall)
}
