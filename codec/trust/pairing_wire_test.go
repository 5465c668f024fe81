package trust_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
)

// A server that answers PAIR without knowing the code is refused.
func TestServerThatDoesNotKnowTheCodeIsRefused(t *testing.T) {
	ann, mallory := newIdentity(t), newIdentity(t)
	for what, row := range map[string]struct {
		answer string
		is     func(err error) bool
	}{
		"no proof":       {frame(t, "OK", "name=office-pc\n"), isProofError},
		"no pairs":       {frame(t, "OK", ""), isProofError},
		"an empty proof": {frame(t, "OK", "proof=\n"), isProofError},
		"another proof":  {frame(t, "OK", "proof="+strings.Repeat("0", 64)+"\n"), isProofError},
		"its own back":   {"", isProofError},
		"HELO":           {frame(t, "HELO", "techsh/1\n"), isCode(codec.BadFrame)},
		"ERR":            {frame(t, "ERR", "not-allowed wrong\n"), isCode(codec.NotAllowed)},
		"a broken ERR":   {frame(t, "ERR", "not-allowed\n"), isCode(codec.BadFrame)},
		"a broken OK":    {frame(t, "OK", "proof\n"), isCode(codec.BadRequest)},
		"an open quote":  {frame(t, "OK", "\"proof=\n"), isCode(codec.BadRequest)},
		"nothing": {
			"-",
			func(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) },
		},
		"another protocol": {"HTTP/1.1 400 Bad Request\r\n", isCode(codec.BadFrame)},
	} {
		t.Run(what, func(t *testing.T) {
			near, far := loopback(t)
			defer near.Close()
			served := make(chan error, 1)
			go func() {
				s := tls.Server(far, mallory.Server())
				defer far.Close()
				f, err := codec.NewConn(s).ReadFrame()
				words, werr := f.Words()
				switch {
				case err != nil || werr != nil:
				case row.answer == "":
					c := codec.NewConn(s)
					err = errors.Join(
						c.WriteWords(codec.OK, codec.Lit("proof="+words[1].Text)),
						c.Flush(),
					)
				case row.answer != "-":
					_, err = io.WriteString(s, row.answer)
				}
				_ = s.CloseWrite()
				served <- errors.Join(err, werr)
			}()
			c := tls.Client(near, ann.Client(""))
			require.NoError(t, c.HandshakeContext(t.Context()))
			host, err := trust.QuickJoin(
				t.Context(), codec.NewConn(c), c.ConnectionState(), ann, wrongLine, "ann",
			)
			require.True(t, row.is(err), "%v", err)
			require.Empty(t, host)
			require.NoError(t, <-served)
		})
	}
}

func isProofError(err error) bool {
	_, ok := errors.AsType[*trust.ProofError](err)
	return ok
}

func isCode(code codec.Code) func(error) bool {
	return func(err error) bool { return errors.Is(err, codec.Errorf(code, "")) }
}

func TestNamesFromTheOtherSideAreClean(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	o.host = "\x1b[31moffice pc"
	code := o.invite(t, trust.AllRights, 0)
	v := o.visit(t, ann, o.ID)
	require.NoError(t, v.tls.HandshakeContext(t.Context()))
	host, err := trust.QuickJoin(
		t.Context(), codec.NewConn(v.tls), v.tls.ConnectionState(), ann, line(code),
		"\x1b[2J../ann lee",
	)
	require.NoError(t, err)
	require.Equal(t, "31moffice-pc", host)
	v.hangUp()
	require.Equal(t, "2J..-ann-lee", (<-v.issued).peer.Name)
}

func TestFramesOtherThanPairUseUpNoTry(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	o.invite(t, trust.AllRights, 0)
	proof := strings.Repeat("0", 64)
	frame := func(body string) string { return frame(t, "PAIR", body) }
	const bad = "ERR bad-request \"pairing is PAIR line|words PROOF NAME\"\n"
	for what, row := range map[string]struct{ says, answer string }{
		"another verb":        {"DIR  0000000000\n", ""},
		"a prefix":            {"PAIL 0000000000\n", ""},
		"HTTP":                {"GET / HTTP/1.1\r\n\r\n", ""},
		"nothing":             {"", ""},
		"half a verb":         {"PA", ""},
		"half a header":       {"PAIR 00000", ""},
		"half a body":         {"PAIR 0000000100\nline", ""},
		"a broken header":     {"PAIR 000000010x\n", ""},
		"a body too long":     {"PAIR 0000001025\n", ""},
		"no body":             {frame(""), bad},
		"no name":             {frame("line " + proof + "\n"), bad},
		"a word more":         {frame("line " + proof + " ann bob\n"), bad},
		"no kind":             {frame(proof + " ann\n"), bad},
		"another kind":        {frame("spoken " + proof + " ann\n"), bad},
		"capitals in KIND":    {frame("LINE " + proof + " ann\n"), bad},
		"a short proof":       {frame("line " + proof[1:] + " ann\n"), bad},
		"an even shorter one": {frame("line " + proof[2:] + " ann\n"), bad},
		"a long proof":        {frame("line " + proof + "00 ann\n"), bad},
		"no hex":              {frame("line " + proof[1:] + "g ann\n"), bad},
		"capitals in PROOF":   {frame("line " + proof[1:] + "F ann\n"), bad},
		"no LF": {
			frame("line " + proof + " ann"),
			"ERR bad-request \"the line of words does not end in LF\"\n",
		},
		"two lines": {
			frame("line\n" + proof + " ann\n"),
			"ERR bad-request \"byte 4 of the body is 0x0a: words are one line\"\n",
		},
		"an open quote": {
			frame("line " + proof + " \"ann\n"),
			"ERR bad-request \"the quote \"\" at column 71 is not closed\"\n",
		},
	} {
		t.Run(what, func(t *testing.T) {
			answer, issued := o.visit(t, ann, o.ID).say(t, row.says)
			require.Error(t, issued.err)
			if what == "a body too long" {
				requireCode(t, issued.err, codec.BadFrame, "PAIR of 1025 bytes, the limit is 1024")
			}
			if row.answer == "" {
				require.Empty(t, answer)
			} else {
				verb, body, _ := strings.Cut(answer, "\n")
				require.Equal(t, "ERR  ", verb[:5])
				require.Equal(t, strings.TrimPrefix(row.answer, "ERR "), body)
			}
			open, err := o.folder.Invitation()
			require.NoError(t, err)
			require.Equal(t, 3, open.Left)
		})
	}
	full := frame("line " + proof + " " + strings.Repeat("a", 1024-len("line  \n")-64) + "\n")
	require.Len(t, full, 16+1024)
	answer, _ := o.visit(t, ann, o.ID).say(t, full)
	require.Contains(t, answer, "wrong pairing code, 2 tries left", "the longest that may be")
}

func TestWrongBytesCloseTheConnectionBeforeTheEndOfTheirFrame(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	o.invite(t, trust.AllRights, 0)
	v := o.visit(t, ann, o.ID)
	_, err := io.WriteString(v.tls, "PAX")
	require.NoError(t, err)
	n, err := v.tls.Read(make([]byte, 1)) // no more bytes are sent, and the connection stays open
	require.Zero(t, n)
	require.Equal(t, io.EOF, err)
	v.hangUp()
	requireCode(t, (<-v.issued).err, codec.BadFrame, `"PAX" is not PAIR`)
}

func TestClientWithoutACertificateCannotPair(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	code := o.invite(t, trust.AllRights, 0)
	near, far := loopback(t)
	v := o.visitOver(t, near, far, ann, with(ann.Client(o.ID), func(c *tls.Config) { c.Certificates = nil }))
	_, _, err := v.join(line(code))
	requireCode(t, err, codec.NotAllowed, "a client without a certificate cannot be paired")
	open, err := o.folder.Invitation()
	require.NoError(t, err)
	require.Equal(t, 3, open.Left)
}

// The vectors were computed with Python 3:
//
//	k = hashlib.pbkdf2_hmac("sha256", b"abandon ability able about", bytes(range(32)), 600000, 32)
//	hmac.new(k, b"techsh-pair-v1 joiner\0" + b"a"*52 + b"q"*52, "sha256").hexdigest()
func TestProofsAreAsSpecified(t *testing.T) {
	salt := make([]byte, 32)
	for i := range salt {
		salt[i] = byte(i)
	}
	require.Equal(t, 600_000, trust.PairRounds)
	key, err := trust.DeriveKey("abandon ability able about", salt, trust.PairRounds)
	require.NoError(t, err)
	require.Equal(
		t, "034400e01338c3508e3f2ef26eb44e6a3f4beba3f5825d47bd591087b262a33f", hex.EncodeToString(key),
	)
	a, q := trust.ID(strings.Repeat("a", 52)), trust.ID(strings.Repeat("q", 52))
	require.Equal(
		t, "d5ab28601940936b46be8a84a30608d8169ae7d3921f6c86a08c9ed8406d9190",
		hex.EncodeToString(trust.Proof(key, "joiner", a, q)),
	)
	require.Equal(
		t, "7e68afb212dc19f97422d1751a06f7b12d987baaad4538b9e97c68a9fbd8619f",
		hex.EncodeToString(trust.Proof(key, "issuer", a, q)),
	)
}

// The salt depends on the TLS connection.
func TestProofDependsOnTheConnection(t *testing.T) {
	ann, other := newIdentity(t), newIdentity(t)
	c, s, cerr, serr := shake(t, ann.Client(""), other.Server())
	require.NoError(t, errors.Join(cerr, serr))
	state, sstate := c.ConnectionState(), s.ConnectionState()
	salt, err := state.ExportKeyingMaterial("EXPERIMENTAL-techsh-pair-v1", nil, 32)
	require.NoError(t, err)
	theirs, err := sstate.ExportKeyingMaterial("EXPERIMENTAL-techsh-pair-v1", nil, 32)
	require.NoError(t, err)
	require.Equal(t, salt, theirs)

	near, far := net.Pipe()
	defer far.Close()
	sent := make(chan []codec.Word, 1)
	go func() {
		f, _ := codec.NewConn(far).ReadFrame()
		words, _ := f.Words()
		far.Close()
		sent <- words
	}()
	_, err = trust.QuickJoin(t.Context(), codec.NewConn(near), state, ann, wrongLine, "ann lee")
	require.ErrorIs(t, err, io.EOF)
	key, err := trust.DeriveKey(token, salt, 1)
	require.NoError(t, err)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("techsh-pair-v1 joiner\x00" + string(ann.ID) + string(other.ID)))
	require.Equal(t, []codec.Word{
		{Text: "line", End: 4},
		{Text: hex.EncodeToString(mac.Sum(nil)), Start: 5, End: 69},
		{Text: "ann lee", Quoted: true, Start: 70, End: 79},
	}, <-sent)
}
