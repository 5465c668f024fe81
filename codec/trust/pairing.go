package trust

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"techsh/codec"
)

// A Secret is what two people tell each other: the token of a line, or the
// words of a code.
type Secret struct {
	Kind string // "line" or "words"
	Text string
}

const (
	kindLine  = "line"
	kindWords = "words"

	pairBody   = 1 << 10 // bytes; nobody is let in yet
	pairRounds = 600_000
	pairLabel  = "EXPERIMENTAL-techsh-pair-v1"
)

// A pairing is one attempt, on one TLS connection.
type pairing struct {
	conn           *codec.Conn
	state          tls.ConnectionState
	joiner, issuer ID
	rounds         int // of PBKDF2
}

// Join is the technician's half of pairing, on a connection whose server has
// said that pairing is open: PAIR KIND PROOF NAME, with a proof that depends on
// the secret and on this TLS connection, and then the server's proof, without
// which it is not believed. It returns what the server calls itself, as
// CleanName writes it, and, on failure, the server's *codec.Error, or a
// *ProofError. The caller closes conn when ctx ends before that.
func Join(ctx context.Context, conn *codec.Conn, state tls.ConnectionState, self *Identity, s Secret, name string) (host string, err error) {
	return pairing{conn, state, self.ID, PeerID(state), pairRounds}.join(ctx, s, name)
}

// Issue is the helped computer's half: it reads one PAIR, spends a try of the
// open invitation, and only then looks at the proof. A right one ends the
// invitation and makes who sent it a peer; the OK is queued on conn, and goes out
// with the next frame. Anything else has been answered with ERR, but not bytes
// that are no PAIR: nothing answers those. The error says what happened, for the
// log here. The caller closes conn then, and when ctx ends before that; where it
// goes on, it lifts conn.MaxWords again.
func Issue(ctx context.Context, conn *codec.Conn, state tls.ConnectionState, self *Identity, f *Folder, host string) (Peer, error) {
	return pairing{conn, state, PeerID(state), self.ID, pairRounds}.issue(ctx, f, host)
}

func (p pairing) join(ctx context.Context, s Secret, name string) (host string, err error) {
	key, err := p.deriveKey(ctx, s.Text)
	if err != nil {
		return "", err
	}
	proof := hex.EncodeToString(p.proof(key, "joiner"))
	werr := errors.Join(p.conn.WriteWords(codec.PAIR, codec.Lits(s.Kind, proof, name)...), p.conn.Flush())
	f, err := p.conn.ReadFrame() // also when writing failed: the reason may be waiting
	if err != nil {
		return "", errors.Join(werr, err)
	}
	words, err := f.Words()
	if err != nil {
		return "", err
	}
	switch f.Verb {
	case codec.OK:
		pairs, err := codec.ParsePairs(words)
		if err != nil {
			return "", err
		}
		theirs, _ := pairs.Get("proof")
		if !hmac.Equal([]byte(theirs), []byte(hex.EncodeToString(p.proof(key, "issuer")))) {
			return "", &ProofError{}
		}
		host, _ := pairs.Get("name")
		return CleanName(host), nil
	case codec.ERR:
		e, err := codec.ParseError(words)
		if err != nil {
			return "", err
		}
		return "", e
	}
	return "", codec.Errorf(codec.BadFrame, "it answered PAIR with %s", f)
}

func (p pairing) issue(ctx context.Context, f *Folder, host string) (Peer, error) {
	kind, proof, name, err := p.readRequest()
	if err != nil {
		return Peer{}, err
	}
	code, err := f.Invitation()
	if err != nil {
		return Peer{}, p.refuseUnpaired(err)
	}
	left, err := f.Spend(code) // before the hash: those who guess at a time share the tries
	if err != nil {
		return Peer{}, p.refuseUnpaired(err)
	}
	peer, err := p.admit(ctx, f, code, left, kind, proof, name, host)
	if err != nil {
		err = &TryError{err}
	}
	return peer, err
}

// admit makes the joiner a peer if its proof is right.
func (p pairing) admit(ctx context.Context, f *Folder, code Invitation, left int, kind string, proof []byte, name, host string) (Peer, error) {
	secret := code.Token
	if kind == kindWords {
		secret = code.Words()
	}
	key, err := p.deriveKey(ctx, secret)
	if err != nil {
		return Peer{}, p.refuseUnpaired(err)
	}
	if !hmac.Equal(proof, p.proof(key, "joiner")) {
		return Peer{}, p.refuseProof(f, code, left)
	}
	if err := f.Close(code); err != nil { // who closes it has used it; nobody else can
		return Peer{}, p.refuseUnpaired(err)
	}
	peer := Peer{ID: p.joiner, Name: name, Can: code.Can, Added: time.Now()}
	if code.For > 0 {
		peer.Until = peer.Added.Add(code.For)
	}
	if peer, err = f.AddPeer(peer); err != nil {
		return Peer{}, p.refuseUnpaired(err)
	}
	return peer, p.conn.WriteWords(codec.OK, codec.Lits("proof="+hex.EncodeToString(p.proof(key, "issuer")), "name="+host)...)
}

// readRequest reads PAIR KIND PROOF NAME.
func (p pairing) readRequest() (kind string, proof []byte, name string, err error) {
	p.conn.MaxWords = pairBody
	if err := p.conn.Expect("PAIR "); err != nil {
		return "", nil, "", err
	}
	f, err := p.conn.ReadFrame()
	if err != nil {
		return "", nil, "", err
	}
	if kind, proof, name, err = parsePair(f); err == nil && p.joiner == "" {
		err = codec.Errorf(codec.NotAllowed, "who has no certificate cannot be paired")
	}
	if err != nil {
		return "", nil, "", p.refuse(codec.Explain("", err), err)
	}
	return kind, proof, name, nil
}

func parsePair(f codec.Frame) (kind string, proof []byte, name string, err error) {
	words, err := f.Words()
	if err != nil {
		return "", nil, "", err
	}
	if f.Verb == codec.PAIR && len(words) == 3 && slices.Contains([]string{kindLine, kindWords}, words[0].Text) {
		proof, err = hex.DecodeString(words[1].Text)
		if err == nil && len(proof) == sha256.Size && strings.ToLower(words[1].Text) == words[1].Text {
			return words[0].Text, proof, CleanName(words[2].Text), nil
		}
	}
	return "", nil, "", codec.Errorf(codec.BadRequest, "pairing is PAIR line|words PROOF NAME")
}

// refuseProof answers a wrong proof, after which so many tries are left.
func (p pairing) refuseProof(f *Folder, code Invitation, left int) error {
	why := codec.Errorf(codec.NotAllowed, "wrong pairing code, %d tries left", left)
	var err error
	switch left {
	case 0:
		if err = f.Close(code); errors.Is(err, ErrClosed) {
			err = nil
		}
		why.Text = "wrong pairing code: it is used up"
		why.Hint = "ask for a new one: techshd invite"
	case 1:
		why.Text = "wrong pairing code, 1 try left"
	}
	return p.refuse(why, errors.Join(why, err))
}

// refuseUnpaired answers that nobody is paired because of err.
func (p pairing) refuseUnpaired(err error) error {
	why := codec.Errorf(codec.Internal, "pairing failed on the other computer, and nobody was paired")
	why.Hint = "the console of techshd there says why"
	if errors.Is(err, ErrClosed) {
		why = codec.Errorf(codec.Unpaired, "%v any more", ErrClosed)
		why.Hint = "ask for a new one: techshd invite"
	}
	return p.refuse(why, err)
}

// refuse answers with why, and returns what happened.
func (p pairing) refuse(why *codec.Error, happened error) error {
	return errors.Join(happened, p.conn.WriteWords(codec.ERR, why.Words()...), p.conn.Flush())
}

// deriveKey stretches the secret, bound to this TLS connection. It takes some tenths
// of a second and is not begun when ctx is done.
func (p pairing) deriveKey(ctx context.Context, secret string) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	salt, err := p.state.ExportKeyingMaterial(pairLabel, nil, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	key, err := deriveKey(secret, salt, p.rounds)
	if err == nil && ctx.Err() != nil { // it took its time
		return nil, context.Cause(ctx)
	}
	return key, err
}

func deriveKey(secret string, salt []byte, rounds int) ([]byte, error) {
	return pbkdf2.Key(sha256.New, secret, salt, rounds, sha256.Size)
}

// proof is what only who knows the key can say, for one side and these two
// computers.
func (p pairing) proof(key []byte, side string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("techsh-pair-v1 " + side + "\x00" + string(p.joiner) + string(p.issuer)))
	return mac.Sum(nil)
}

// A TryError is why a try of a code was spent in vain. There are few of them.
type TryError struct{ error }

// Unwrap returns the reason.
func (e *TryError) Unwrap() error { return e.error }

// A ProofError says that the server did not know the secret: it is another one
// than the one that issued the code, or somebody stands between.
type ProofError struct{}

// Error says so.
func (e *ProofError) Error() string {
	return "it does not know the pairing code: it is another computer than the one that showed it, or somebody stands between"
}
