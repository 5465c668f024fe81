package trust

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"techsh/codec"
)

// A Peer is a computer that may control this one: a line
//
//	ID NAME can=dir,get,… added=DATE [until=TIME]
//
// of the file peers.
type Peer struct {
	ID    ID
	Name  string // one plain word, unlike any other peer's
	Can   Rights
	Added time.Time // a day, in UTC; zero is today when it is written
	Until time.Time // zero is for ever
}

// Why a peer is not let in.
var (
	ErrUnknown = errors.New("not paired")
	ErrExpired = errors.New("no longer paired") // its time is over
)

func parsePeer(words []codec.Word) (p Peer, err error) {
	if len(words) < 2 {
		return p, codec.Errorf(codec.BadRequest, "a peer is ID NAME can=RIGHTS added=DATE, and perhaps until=TIME")
	}
	if p.ID, err = ParseID(words[0].Text); err != nil {
		return p, err
	}
	p.Name = words[1].Text
	if err := checkName(p.Name); err != nil {
		return p, err
	}
	return p, parsePairs(words[2:], []string{"can", "added"}, map[string]func(string) error{
		"can":   func(s string) (err error) { p.Can, err = ParseRights(s); return err },
		"added": func(s string) (err error) { p.Added, err = parseTime(dayLayout, s); return err },
		"until": func(s string) (err error) { p.Until, err = parseTime(timeLayout, s); return err },
	})
}

func (p Peer) words() []codec.Word {
	if p.Added.IsZero() {
		p.Added = time.Now()
	}
	words := []codec.Word{
		codec.Bare(string(p.ID)), codec.Bare(p.Name),
		codec.Bare("can=" + p.Can.String()), codec.Bare("added=" + p.Added.UTC().Format(dayLayout)),
	}
	if !p.Until.IsZero() {
		words = append(words, codec.Bare("until="+p.Until.UTC().Format(timeLayout)))
	}
	return words
}

func (p Peer) idAndName() (ID, string)   { return p.ID, p.Name }
func (p Peer) withName(name string) Peer { p.Name = name; return p }

func (f *Folder) peerRegistry() registry[Peer] { return registry[Peer]{f, "peers", parsePeer} }

// Peers returns everybody in the file peers, those whose time is over
// included. An error names the file and the line.
func (f *Folder) Peers() ([]Peer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.refreshPeers(); err != nil {
		return nil, err
	}
	return slices.Clone(f.peerCache.peers), nil
}

// Peer returns the peer who has the ID, as the file peers says now. It is
// cheap: the file is read again only when it has changed. The error is
// ErrUnknown, ErrExpired, or one about the file.
func (f *Folder) Peer(id ID) (Peer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.refreshPeers(); err != nil {
		return Peer{}, err
	}
	at, ok := f.peerCache.at[id]
	if !ok {
		return Peer{}, ErrUnknown
	}
	p := f.peerCache.peers[at]
	return p.ifNotExpired(f.peerCache.seen[p.term()], f.now())
}

// ifNotExpired returns p, or ErrExpired when its time is over, for who has known since
// when it ends.
func (p Peer) ifNotExpired(since, now clockTime) (Peer, error) {
	if !p.Until.IsZero() && isOver(p.Added, p.Until, since, now) {
		return Peer{}, ErrExpired
	}
	return p, nil
}

// A term is a time for which somebody is a peer.
type term struct {
	id    ID
	until int64
}

func (p Peer) term() term { return term{p.ID, p.Until.Unix()} }

// peerCache is the file peers as it was last read.
type peerCache struct {
	info  fs.FileInfo // nil: not to be relied on
	peers []Peer
	at    map[ID]int
	seen  map[term]clockTime // when this process first read of each
}

// refreshPeers reads the file peers if it is another than it was.
func (f *Folder) refreshPeers() error {
	book := f.peerRegistry()
	k := &f.peerCache
	if info, err := os.Lstat(f.Path(book.file)); err == nil && k.info != nil && sameFileState(info, k.info) {
		return nil
	}
	peers, info, err := book.readAll()
	if err != nil {
		return err
	}
	now := f.now()
	// The clocks of file systems are coarse: soon after a change the next one
	// could look the same.
	if info != nil && now.wall.Sub(info.ModTime()) < coarsestClock {
		info = nil
	}
	before := k.seen
	*k = peerCache{info: info, peers: peers, at: map[ID]int{}, seen: map[term]clockTime{}}
	for i, p := range peers {
		k.at[p.ID] = i
		since, ok := before[p.term()]
		if !ok {
			since = now
		}
		k.seen[p.term()] = since
	}
	return nil
}

const coarsestClock = 2 * time.Second // the clock of FAT

func sameFileState(a, b fs.FileInfo) bool {
	return a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size() && a.Mode() == b.Mode() && os.SameFile(a, b)
}

// AddPeer writes p to the file peers, in the place of a peer who has its ID,
// and returns it as written: with a name that nobody else has.
func (f *Folder) AddPeer(p Peer) (Peer, error) { return f.peerRegistry().set(p) }

// Revoke takes a peer out of the file peers, by its name or its whole ID. The
// error is ErrUnknown, or one about the file.
func (f *Folder) Revoke(name string) (Peer, error) { return f.peerRegistry().remove(name) }

// SinglePeer is a Folder of one peer, for a server that knows nobody else.
type SinglePeer Peer

// Peer returns the peer if it has the ID.
func (o SinglePeer) Peer(id ID) (Peer, error) {
	if id == "" || id != o.ID {
		return Peer{}, ErrUnknown
	}
	now := clockTime{wall: time.Now()}
	return Peer(o).ifNotExpired(now, now)
}
