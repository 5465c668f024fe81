package landing_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{"", ".", "..", "a/b", "/", "\x00", "a\x00b", strings.Repeat("x", 256)} {
		requireCode(t, landing.CheckName(name), codec.BadName)
	}
	for _, name := range []string{"a", ".a", "a b", "äö", strings.Repeat("x", 255)} {
		require.NoError(t, landing.CheckName(name))
	}
}
