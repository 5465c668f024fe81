package trust

import (
	"context"
	"crypto/tls"
	"time"

	"techsh/codec"
)

const (
	MaxFile    = maxFile
	PairRounds = pairRounds
)

// IsOver takes what the clocks say: when the process first knew of the time, and
// now.
func IsOver(from, until, seen, now time.Time, passed time.Duration) bool {
	return isOver(from, until, clockTime{wall: seen}, clockTime{now, passed})
}

// Write is how each file is written: place moves what is on disk where it belongs.
func (f *Folder) Write(name string, data []byte, place func(from, to string) error) error {
	return f.write(name, data, place)
}

// SetClock makes the clock on the wall differ, and the other one.
func (f *Folder) SetClock(wall, up time.Duration) {
	now := newClock()
	f.now = func() clockTime {
		at := now()
		return clockTime{at.wall.Add(wall), at.up + up}
	}
}

func RenameNew(from, to string) error { return renameNew(from, to) }

func DeriveKey(secret string, salt []byte, rounds int) ([]byte, error) {
	return deriveKey(secret, salt, rounds)
}

func Proof(key []byte, side string, joiner, issuer ID) []byte {
	return pairing{joiner: joiner, issuer: issuer}.proof(key, side)
}

// QuickJoin and QuickIssue are Join and Issue with a hash that takes no time.
func QuickJoin(
	ctx context.Context, conn *codec.Conn, state tls.ConnectionState, self *Identity, s Secret,
	name string,
) (string, error) {
	return pairing{conn, state, self.ID, PeerID(state), 1}.join(ctx, s, name)
}

func QuickIssue(
	ctx context.Context, conn *codec.Conn, state tls.ConnectionState, self *Identity, f *Folder,
	host string,
) (Peer, error) {
	return pairing{conn, state, PeerID(state), self.ID, 1}.issue(ctx, f, host)
}

func ParsePair(f codec.Frame) (kind string, proof []byte, name string, err error) {
	return parsePair(f)
}

// Lock takes the lock of the folder, as who changes a file does.
func (f *Folder) Lock() (unlock func(), err error) { return f.lock() }

// Cached says whether the next Peer reads no file.
func (f *Folder) Cached() bool { return f.peerCache.info != nil }
