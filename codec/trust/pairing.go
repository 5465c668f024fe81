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

// A Secret is the secret of a pairing, which one person tells the other: the token of a
// PairingLine, or the words of a pairing code.
type Secret struct {
	Kind string // "line" or "words"
	Text string
}

const (
	kindLine  = "line"
	kindWords = "words"

	pairBody   = 1 << 10 // bytes; the limit is low because the client is not paired yet
	pairRounds = 600_000
	pairLabel  = "EXPERIMENTAL-techsh-pair-v1"
)

// A pairing is one attempt to pair, on one TLS connection.
type pairing struct {
	conn           *codec.Conn
	state          tls.ConnectionState
	joiner, issuer ID
	rounds         int // the number of rounds of PBKDF2
}

// Join performs the technician's half of pairing, on a connection whose server has
// announced that pairing is open. It sends PAIR KIND PROOF NAME, with a proof that
// depends on the secret and on this TLS connection, and checks the proof in the answer.
// It returns the server's name for itself, as CleanName writes it. The error may be the
// server's *codec.Error or a *ProofError. If ctx ends first, the caller must close conn.
func Join(
	ctx context.Context, conn *codec.Conn, state tls.ConnectionState, self *Identity, s Secret,
	name string,
) (host string, err error) {
	return pairing{conn, state, self.ID, PeerID(state), pairRounds}.join(ctx, s, name)
}

// Issue performs the helped computer's half of pairing. It reads one PAIR, uses up a try
// of the open invitation, and only then checks the proof. If the proof is right, Issue
// ends the invitation, makes the client a peer, and queues OK on conn. Otherwise it
// answers with ERR, unless it got bytes that are not a PAIR, and returns an error for the
// log of the server. The caller must close conn on an error and when ctx ends. If the
// conversation continues, the caller must reset conn.MaxWords.
func Issue(
	ctx context.Context, conn *codec.Conn, state tls.ConnectionState, self *Identity, f *Folder,
	host string,
) (Peer, error) {
	return pairing{conn, state, PeerID(state), self.ID, pairRounds}.issue(ctx, f, host)
}

func (p pairing) join(ctx context.Context, s Secret, name string) (host string, err error) {
	key, err := p.deriveKey(ctx, s.Text)
	if err != nil {
		return "", err
	}
	proof := hex.EncodeToString(p.proof(key, "joiner"))
	werr := errors.Join(p.conn.WriteWords(codec.PAIR, codec.Lits(s.Kind, proof, name)...), p.conn.Flush())
	f, err := p.conn.ReadFrame() // even if writing has failed, because the reason may have arrived
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
	left, err := f.Spend(code) // before the slow hash, so that concurrent guesses share the tries
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
func (p pairing) admit(
	ctx context.Context, f *Folder, code Invitation, left int, kind string, proof []byte, name,
	host string,
) (Peer, error) {
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
	if err := f.Close(code); err != nil { // only one client can close the code, so only one can use it
		return Peer{}, p.refuseUnpaired(err)
	}
	peer := Peer{ID: p.joiner, Name: name, Can: code.Can, Added: time.Now()}
	if code.For > 0 {
		peer.Until = peer.Added.Add(code.For)
	}
	if peer, err = f.AddPeer(peer); err != nil {
		return Peer{}, p.refuseUnpaired(err)
	}
	return peer, p.conn.WriteWords(
		codec.OK, codec.Lits("proof="+hex.EncodeToString(p.proof(key, "issuer")), "name="+host)...,
	)
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
		err = codec.Errorf(codec.NotAllowed, "a client without a certificate cannot be paired")
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
	if f.Verb == codec.PAIR && len(words) == 3 && slices.Contains(
		[]string{kindLine, kindWords}, words[0].Text,
	) {
		proof, err = hex.DecodeString(words[1].Text)
		if err == nil && len(proof) == sha256.Size && strings.ToLower(words[1].Text) == words[1].Text {
			return words[0].Text, proof, CleanName(words[2].Text), nil
		}
	}
	return "", nil, "", codec.Errorf(codec.BadRequest, "pairing is PAIR line|words PROOF NAME")
}

// refuseProof answers a wrong proof. left is the number of tries that are left.
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

// refuseUnpaired answers that the client could not be paired because of err.
func (p pairing) refuseUnpaired(err error) error {
	why := codec.Errorf(codec.Internal, "pairing failed on the other computer, and nothing was changed")
	why.Hint = "the console of techshd on that computer has the reason"
	if errors.Is(err, ErrClosed) {
		why = codec.Errorf(codec.Unpaired, "%v any more", ErrClosed)
		why.Hint = "ask for a new one: techshd invite"
	}
	return p.refuse(why, err)
}

// refuse sends why to the client as ERR. It returns the error for the log, which is the
// error happened, joined with any error of sending.
func (p pairing) refuse(why *codec.Error, happened error) error {
	return errors.Join(happened, p.conn.WriteWords(codec.ERR, why.Words()...), p.conn.Flush())
}

// deriveKey derives a key from the secret and this TLS connection. It takes a few tenths
// of a second.
func (p pairing) deriveKey(ctx context.Context, secret string) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	salt, err := p.state.ExportKeyingMaterial(pairLabel, nil, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	key, err := deriveKey(secret, salt, p.rounds)
	if err == nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return key, err
}

func deriveKey(secret string, salt []byte, rounds int) ([]byte, error) {
	return pbkdf2.Key(sha256.New, secret, salt, rounds, sha256.Size)
}

// proof returns the proof that one side, "joiner" or "issuer", knows the key. The proof
// is valid only between these two computers.
func (p pairing) proof(key []byte, side string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("techsh-pair-v1 " + side + "\x00" + string(p.joiner) + string(p.issuer)))
	return mac.Sum(nil)
}

// A TryError is returned when a pairing fails after it has used up one of the tries of
// the code.
type TryError struct{ error }

// Unwrap returns the reason.
func (e *TryError) Unwrap() error { return e.error }

// A ProofError is the error for a server that does not know the secret: it is not the
// computer that issued the code, or there is an attacker in between.
type ProofError struct{}

// Error describes the two possibilities.
func (e *ProofError) Error() string {
	return "it does not know the pairing code: it is not the computer that showed the code, " +
		"or an attacker is in between"
}
