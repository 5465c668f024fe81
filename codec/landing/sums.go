package landing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"hash/crc32"
	"io"
	"strconv"
	"strings"

	"techsh/codec"
)

// SHA256Of returns the SHA-256 of the contents of r in hexadecimal. It reads into buf.
func SHA256Of(ctx context.Context, r io.Reader, buf []byte) (string, error) {
	sum := sha256.New()
	for ctx.Err() == nil {
		n, err := r.Read(buf)
		sum.Write(buf[:n])
		if err == io.EOF {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", context.Cause(ctx)
}

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// Sums are the checksums of the bytes of a file so far: always crc32c, and sha256 if it
// was requested.
type Sums struct {
	crc uint32
	sha hash.Hash // or nil
}

// NewSums returns the sums of no bytes; with sha256 if sha is set.
func NewSums(sha bool) Sums {
	if sha {
		return Sums{sha: sha256.New()}
	}
	return Sums{}
}

// Add adds bytes of the file.
func (s *Sums) Add(b []byte) {
	s.crc = crc32.Update(s.crc, castagnoli(), b)
	if s.sha != nil {
		_, _ = s.sha.Write(b)
	}
}

// clone returns an independent copy, with sha256 only if sha is set.
func (s *Sums) clone(sha bool) (Sums, error) {
	c := Sums{crc: s.crc}
	if !sha {
		return c, nil
	}
	h, err := s.sha.(hash.Cloner).Clone()
	c.sha = h
	return c, err
}

func (s *Sums) crcText() string {
	t := strconv.FormatUint(uint64(s.crc), 16)
	return "00000000"[len(t):] + t
}

// isHex reports whether text is 2*bytes lower-case hexadecimal digits.
func isHex(text string, bytes int) bool {
	return len(text) == 2*bytes && strings.Trim(text, "0123456789abcdef") == ""
}

func (s *Sums) shaText() string { return hex.EncodeToString(s.sha.Sum(nil)) }

// String returns the sums in the form that they have in a SUM frame.
func (s *Sums) String() string {
	t := "crc32c=" + s.crcText()
	if s.sha != nil {
		t += " sha256=" + s.shaText()
	}
	return t
}

// Compare compares the sums with those in a SUM.
func (s *Sums) Compare(pairs codec.Pairs) error {
	crc, ok := pairs.Get("crc32c")
	switch {
	case !ok:
		return codec.Errorf(codec.BadRequest, "SUM without crc32c")
	case !isHex(crc, 4):
		return codec.Errorf(codec.BadRequest, "crc32c is 8 lower-case hexadecimal digits")
	}
	if ours := s.crcText(); crc != ours {
		return codec.Errorf(codec.Mismatch, "the sum is %s, that of the sender %s", ours, crc)
	}
	sha, ok := pairs.Get("sha256")
	switch {
	case ok != (s.sha != nil):
		return codec.Errorf(codec.BadRequest, "a sha256 is in FILE as sum=sha256 and in SUM, or in neither")
	case ok && !isHex(sha, sha256.Size):
		return codec.Errorf(codec.BadRequest, "sha256 is %d lower-case hexadecimal digits", 2*sha256.Size)
	case ok && sha != s.shaText():
		return codec.Errorf(codec.Mismatch, "the sha256 is %s, that of the sender %s", s.shaText(), sha)
	}
	return nil
}
