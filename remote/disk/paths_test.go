//go:build unix

package disk_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/remote/remotetest"
)

// A path at the limit is looked up and not found; a longer one is refused, with both
// numbers.
func TestLimitsOfPaths(t *testing.T) {
	// long returns a path of n bytes from the root, with names of 100 bytes.
	long := func(n int) string {
		s := strings.Repeat("/"+strings.Repeat("x", 99), n/100+1)[:n]
		if s[n-1] == '/' {
			s = s[:n-2] + "xx"
		}
		return s
	}
	deep := func(n int) string { return strings.Repeat("/x", n) }
	name := func(n int) string { return strings.Repeat("x", n) }
	root := t.TempDir()
	for _, c := range []*remotetest.Client{remotetest.Jailed(t, root), remotetest.Jailed(t, "")} {
		c.OK("CD /")
		for _, by := range []struct {
			path  func(int) string
			limit int
		}{{long, 4096}, {deep, 64}, {name, 255}} {
			for n := by.limit - 1; n <= by.limit+1; n++ {
				for _, verb := range []string{"STAT", "CAT", "CD", "GET", "DU", "DEL"} {
					_, err := c.Call(
						t.Context(),
						link.Request{Verb: codec.MakeVerb(verb), Words: remotetest.Bare(by.path(n))},
					)
					if n <= by.limit {
						c.RequireCode(err, verb, codec.NotFound)
						continue
					}
					e := c.RequireCode(err, verb, codec.BadName)
					require.Contains(t, e.Text, fmt.Sprint(n))
					require.Contains(t, e.Text, fmt.Sprint(by.limit))
				}
			}
		}
	}
}

func TestLimitsOfArguments(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	words := func(n int) []codec.Word {
		return remotetest.Bare(strings.Fields("true" + strings.Repeat(" a", n-1))...)
	}
	bytes := func(n int) []codec.Word { return remotetest.Bare("true", strings.Repeat("x", n-len("true"))) }
	for _, by := range []struct {
		words func(int) []codec.Word
		limit int
		code  codec.Code
	}{{words, 256, codec.BadRequest}, {bytes, 32 << 10, codec.TooBig}} {
		for n := by.limit - 1; n <= by.limit+1; n++ {
			_, err := c.Call(t.Context(), link.Request{Verb: codec.MakeVerb("EXEC"), Words: by.words(n)})
			if n <= by.limit {
				require.NoError(t, err, n)
				continue
			}
			e := c.RequireCode(err, "EXEC", by.code)
			require.Contains(t, e.Text, fmt.Sprint(n))
			require.Contains(t, e.Text, fmt.Sprint(by.limit))
		}
	}
}
