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

// IsOver calls isOver with times of both clocks.
func IsOver(from, until, seen, now time.Time, passed time.Duration) bool {
	return isOver(from, until, clockTime{wall: seen}, clockTime{now, passed})
}

// Write calls write with a place of the test.
func (f *Folder) Write(name string, data []byte, place func(from, to string) error) error {
	return f.write(name, data, place)
}

// SetClock advances the wall clock and the monotonic clock.
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

// QuickJoin and QuickIssue are like Join and Issue, with few rounds of the hash.
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

// Lock takes the lock of the folder.
func (f *Folder) Lock() (unlock func(), err error) { return f.lock() }

// Cached reports whether the next call of Peer may use the cache.
func (f *Folder) Cached() bool { return f.peerCache.info != nil }
