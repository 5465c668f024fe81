package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
)

func TestPairAsksForALineOrAnAddressAndWords(t *testing.T) {
	id := trust.ID(strings.Repeat("k3vq77ab4hmca", 4))
	line := trust.PairingLine{Addr: "192.0.2.7:8820", ID: id, Token: strings.Repeat("ab", 13)}.String()
	words := "ability above abroad zipper"
	for name, c := range map[string]struct {
		typed, says, kind string
	}{
		"a line":                      {line + "\n", "", "line"},
		"a line, broken by a window":  {line[:60] + "\n" + line[60:] + "\n", "was changed, or cut", "line"},
		"an address, and the words":   {"192.0.2.7\n" + words + "\n", "the four words: ", "words"},
		"an address, and then a line": {"192.0.2.7\n" + line + "\n", "the four words: ", "line"},
		"an address without a server": {"192.0.2.8\n" + line + "\n", "no answer", "line"},
		"wrong words, and then words": {"192.0.2.7\nability\n" + words + "\n", "4 words", "words"},
	} {
		var said bytes.Buffer
		p, err := askPairing(strings.NewReader(c.typed), &said, func(addr string) error {
			if addr != "192.0.2.7:8820" {
				return errors.New("no answer")
			}
			return nil
		})
		require.NoError(t, err, name)
		require.Equal(t, c.kind, p.secret.Kind, name)
		require.Contains(t, said.String(), c.says, name)
		require.Equal(t, c.kind == "line", p.pin == id, name)
	}
	_, err := askPairing(strings.NewReader("192.0.2.7\n"), &bytes.Buffer{}, func(string) error { return nil })
	require.ErrorContains(t, err, "not paired")
}
