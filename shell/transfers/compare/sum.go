package compare

import (
	"context"
	"os"

	"techsh/codec/landing"
)

// A Summer computes the SHA-256 of local files, reusing one buffer.
type Summer struct {
	Open func(name string) (*os.File, error)
	buf  []byte
}

// Sum returns the SHA-256 of a file in hexadecimal.
func (s *Summer) Sum(ctx context.Context, name string) (string, error) {
	f, err := s.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if s.buf == nil {
		s.buf = make([]byte, 256<<10)
	}
	return landing.SHA256Of(ctx, f, s.buf)
}
