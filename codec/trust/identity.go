package trust

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base32"
	"encoding/pem"
	"math/big"
	"slices"
	"strings"
	"time"

	"techsh/codec"
)

// An ID names a computer: the lower-case unpadded base32 of the SHA-256 of its
// public key (DER SubjectPublicKeyInfo, RFC 5280, section 4.1.2.7), 52
// characters.
type ID string

const (
	idLetters = "abcdefghijklmnopqrstuvwxyz234567"
	idSize    = 52
)

// idOf returns the ID of a public key in DER.
func idOf(spki []byte) ID {
	sum := sha256.Sum256(spki)
	return ID(base32.NewEncoding(idLetters).WithPadding(base32.NoPadding).EncodeToString(sum[:]))
}

// ParseID reads an ID, in groups (with - or blanks between) or not, in any
// case.
func ParseID(s string) (ID, error) {
	id := strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == ' ' || r == '\t':
			return -1
		case r >= 'A' && r <= 'Z': // and no other: a Kelvin sign is no k
			return r | 0x20
		}
		return r
	}, s)
	// 256 bits are 51 characters and one bit: the last is one of two
	if len(id) != idSize || strings.Trim(id, idLetters) != "" || !strings.ContainsAny(id[idSize-1:], "aq") {
		return "", codec.Errorf(codec.BadRequest, "%s is no ID: that has %d letters and digits", quoteForError(s), idSize)
	}
	return ID(id), nil
}

// Groups returns all of the ID for people to compare, in groups of four.
func (id ID) Groups() string {
	groups := slices.Collect(slices.Chunk([]byte(id), 4))
	return string(bytes.Join(groups, []byte("-")))
}

// Short returns the beginning of the ID, for display. It is never compared.
func (id ID) Short() string {
	if len(id) <= 8 {
		return id.Groups()
	}
	return id[:8].Groups() + "…"
}

// An Identity is what a computer proves itself with.
type Identity struct {
	Certificate tls.Certificate
	ID          ID
}

// NewIdentity makes an identity that is kept nowhere.
func NewIdentity() (*Identity, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	// The dates mean nothing, since clocks of computers in need of help may be
	// off: these are the widest that a certificate can have.
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject:      pkix.Name{CommonName: "techsh"},
		NotBefore:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		return nil, err
	}
	return newIdentity(der, private)
}

// newIdentity brings a certificate and its key together.
func newIdentity(der []byte, private any) (*Identity, error) {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, codec.Errorf(codec.BadRequest, "its certificate makes no sense: %v", err)
	}
	public, ok := leaf.PublicKey.(ed25519.PublicKey)
	if !ok {
		return nil, codec.Errorf(codec.BadRequest, "its certificate is for a key of another kind than ed25519")
	}
	key, ok := private.(ed25519.PrivateKey)
	if !ok {
		return nil, codec.Errorf(codec.BadRequest, "its key is of another kind than ed25519")
	}
	if !public.Equal(key.Public()) {
		return nil, codec.Errorf(codec.BadRequest, "its key and its certificate do not belong together")
	}
	return &Identity{
		Certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf},
		ID:          idOf(leaf.RawSubjectPublicKeyInfo),
	}, nil
}

const (
	pemCertificate = "CERTIFICATE"
	pemKey         = "PRIVATE KEY" // PKCS #8
)

// pem returns the identity as openssl reads it.
func (i *Identity) pem() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(i.Certificate.PrivateKey)
	if err != nil {
		return nil, err
	}
	return slices.Concat(
		pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: i.Certificate.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: der}),
	), nil
}

// parseIdentity reads what pem returns.
func parseIdentity(data []byte) (*Identity, error) {
	blocks := map[string][]byte{}
	rest := bytes.TrimPrefix(data, []byte(bom))
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != pemCertificate && block.Type != pemKey {
			return nil, codec.Errorf(codec.BadRequest, "it holds a block %s", quoteForError(block.Type))
		}
		if blocks[block.Type] != nil {
			return nil, codec.Errorf(codec.BadRequest, "it holds more than one block %s", block.Type)
		}
		blocks[block.Type] = block.Bytes
	}
	for _, kind := range []string{pemCertificate, pemKey} {
		if blocks[kind] == nil {
			return nil, codec.Errorf(codec.BadRequest, "it holds no whole block %s", kind)
		}
	}
	key, err := x509.ParsePKCS8PrivateKey(blocks[pemKey])
	if err != nil {
		return nil, codec.Errorf(codec.BadRequest, "its key makes no sense: %v", err)
	}
	return newIdentity(blocks[pemCertificate], key)
}
