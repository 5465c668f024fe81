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

// An ID identifies a computer. It is the SHA-256 of its public key (DER
// SubjectPublicKeyInfo, RFC 5280, section 4.1.2.7) as lower-case unpadded base32, 52
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

// ParseID parses an ID in upper or lower case, with or without groups, which are
// separated by - or blanks.
func ParseID(s string) (ID, error) {
	id := strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == ' ' || r == '\t':
			return -1
		case r >= 'A' && r <= 'Z': // unicode.ToLower would take a Kelvin sign for a k
			return r | 0x20
		}
		return r
	}, s)
	// 256 bits are 51 characters of five bits each and one more bit, so the last
	// character has only two possible values
	if len(id) != idSize || strings.Trim(id, idLetters) != "" || !strings.ContainsAny(id[idSize-1:], "aq") {
		return "", codec.Errorf(
			codec.BadRequest, "%s is not an ID, which has %d letters and digits", quoteForError(s),
			idSize,
		)
	}
	return ID(id), nil
}

// Groups returns the ID in groups of four, for people to compare.
func (id ID) Groups() string {
	groups := slices.Collect(slices.Chunk([]byte(id), 4))
	return string(bytes.Join(groups, []byte("-")))
}

// Short returns the beginning of the ID, for display only.
func (id ID) Short() string {
	if len(id) <= 8 {
		return id.Groups()
	}
	return id[:8].Groups() + "…"
}

// An Identity is the certificate and the key with which a computer proves its ID.
type Identity struct {
	Certificate tls.Certificate
	ID          ID
}

// NewIdentity makes an identity. It does not write it to a file.
func NewIdentity() (*Identity, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	// The certificate is valid for as long as possible, because the clock of a computer
	// that needs help may be wrong.
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

// newIdentity makes an Identity from a certificate and its key.
func newIdentity(der []byte, private any) (*Identity, error) {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, codec.Errorf(codec.BadRequest, "its certificate cannot be read: %v", err)
	}
	public, ok := leaf.PublicKey.(ed25519.PublicKey)
	if !ok {
		return nil, codec.Errorf(codec.BadRequest, "the key in its certificate is not an ed25519 key")
	}
	key, ok := private.(ed25519.PrivateKey)
	if !ok {
		return nil, codec.Errorf(codec.BadRequest, "its key is not an ed25519 key")
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

// pem returns the identity in the form that openssl reads.
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

// parseIdentity parses the form that pem returns.
func parseIdentity(data []byte) (*Identity, error) {
	blocks := map[string][]byte{}
	rest := bytes.TrimPrefix(data, []byte(bom))
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != pemCertificate && block.Type != pemKey {
			return nil, codec.Errorf(codec.BadRequest, "it contains a block %s", quoteForError(block.Type))
		}
		if blocks[block.Type] != nil {
			return nil, codec.Errorf(codec.BadRequest, "it contains more than one block %s", block.Type)
		}
		blocks[block.Type] = block.Bytes
	}
	for _, kind := range []string{pemCertificate, pemKey} {
		if blocks[kind] == nil {
			return nil, codec.Errorf(codec.BadRequest, "it contains no complete block %s", kind)
		}
	}
	key, err := x509.ParsePKCS8PrivateKey(blocks[pemKey])
	if err != nil {
		return nil, codec.Errorf(codec.BadRequest, "its key cannot be read: %v", err)
	}
	return newIdentity(blocks[pemCertificate], key)
}
