package trust

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"techsh/codec"
)

// A Peer is a computer that may control this one. It is a line
//
//	ID NAME can=dir,get,… added=DATE [until=TIME]
//
// of the file peers.
type Peer struct {
	ID    ID
	Name  string // one plain word, which no other peer has
	Can   Rights
	Added time.Time // a day, in UTC; the zero Time is written as today
	Until time.Time // the zero Time means without end
}

// The reasons for which a peer is refused.
var (
	ErrUnknown = errors.New("not paired")
	ErrExpired = errors.New("no longer paired") // Peer.Until has passed
)

func parsePeer(words []codec.Word) (p Peer, err error) {
	if len(words) < 2 {
		return p, codec.Errorf(
			codec.BadRequest, "a peer is ID NAME can=RIGHTS added=DATE, and perhaps until=TIME",
		)
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

func (f *Folder) peerRegistry() registry[Peer] {
	return registry[Peer]{f, "peers", "# ID NAME can=RIGHTS added=DATE [until=TIME]\n", parsePeer}
}

// Peers returns the computers in the file peers, including those whose time is over. An
// error names the file and the line.
func (f *Folder) Peers() ([]Peer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.refreshPeers(); err != nil {
		return nil, err
	}
	return slices.Clone(f.peerCache.peers), nil
}

// Peer returns the peer that has the ID in the file peers. It is cheap, because the
// file is read only when it has changed. The error is ErrUnknown, ErrExpired or one
// about the file.
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

// ifNotExpired returns p, or ErrExpired if its time is over. since is the time at which
// this process first saw p.Until, and now is the present time.
func (p Peer) ifNotExpired(since, now clockTime) (Peer, error) {
	if !p.Until.IsZero() && isOver(p.Added, p.Until, since, now) {
		return Peer{}, ErrExpired
	}
	return p, nil
}

// A term identifies a peer and the time until which the peer is paired.
type term struct {
	id    ID
	until int64
}

func (p Peer) term() term { return term{p.ID, p.Until.Unix()} }

// A peerCache holds the file peers as it was last read.
type peerCache struct {
	info  fs.FileInfo // nil if the file must be read again
	peers []Peer
	at    map[ID]int
	seen  map[term]clockTime // when this process first saw each term
	doubt *clockTime         // since when the file has been missing, empty or bad; nil if it is not
}

// keeps reports whether the old peers are kept for the moment, although the file has
// changed. info and err are the result of reading the file. If the file is missing, empty
// or bad, keeps returns true until lookDelay is over, because the file may soon be good
// again. Unlike Folder.load it does not make the caller wait for that.
func (k *peerCache) keeps(info fs.FileInfo, err error, now clockTime) bool {
	switch {
	case len(k.peers) == 0, err == nil && info != nil && info.Size() > 0:
		k.doubt = nil
		return false
	case k.doubt == nil:
		k.doubt = &now
	}
	return now.up-k.doubt.up < lookDelay
}

// refreshPeers reads the file peers if it has changed.
func (f *Folder) refreshPeers() error {
	book := f.peerRegistry()
	k := &f.peerCache
	if info, err := os.Lstat(f.Path(book.file)); err == nil && k.info != nil && sameFileState(info, k.info) {
		k.doubt = nil
		return nil
	}
	read := book.read
	if k.at == nil { // the first time
		read = book.load
	}
	peers, info, err := read()
	now := f.now()
	if k.keeps(info, err, now) {
		return nil
	}
	if err != nil {
		return err
	}
	// The clocks of file systems are coarse: another change soon after this one might
	// leave the modification time as it is.
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

const coarsestClock = 2 * time.Second // the resolution of times on FAT

func sameFileState(a, b fs.FileInfo) bool {
	return a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size() && a.Mode() == b.Mode() && os.SameFile(a, b)
}

// AddPeer adds p to the file peers, or replaces the peer that has its ID. It returns the
// peer as written: a number is appended to its name if another peer has this name.
func (f *Folder) AddPeer(p Peer) (Peer, error) { return f.peerRegistry().set(p) }

// Revoke removes a peer, by its name or its whole ID, from the file peers. The error is
// ErrUnknown or one about the file.
func (f *Folder) Revoke(name string) (Peer, error) { return f.peerRegistry().remove(name) }

// SinglePeer takes the place of a Folder in a server that knows only one peer.
type SinglePeer Peer

// Peer returns the peer if it has the ID.
func (o SinglePeer) Peer(id ID) (Peer, error) {
	if id == "" || id != o.ID {
		return Peer{}, ErrUnknown
	}
	now := clockTime{wall: time.Now()}
	return Peer(o).ifNotExpired(now, now)
}
