package trust_test

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
)

func FuzzID(f *testing.F) {
	for _, s := range []string{
		oneID, trust.ID(oneID).Groups(), strings.ToUpper(oneID), trust.ID(oneID).Short(), "\u212a", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := trust.ParseID(s)
		if err != nil {
			require.Equal(t, codec.Show(err.Error()), err.Error())
			return
		}
		require.Len(t, string(id), 52)
		for _, again := range []string{string(id), id.Groups(), strings.ToUpper(string(id))} {
			back, err := trust.ParseID(again)
			require.NoError(t, err)
			require.Equal(t, id, back)
		}
		bare := strings.NewReplacer("-", "", " ", "", "\t", "").Replace(s)
		require.True(t, strings.EqualFold(bare, string(id)))
	})
}

// seedFiles adds the good and the bad lines of the file name to the corpus.
func seedFiles(f *testing.F, name string) {
	for _, bad := range badLines()[name] {
		if len(bad.line) < 1000 {
			f.Add([]byte(bad.line))
		}
	}
	f.Add([]byte("\ufeff# x\r\n\r\n" + strings.Join(goodLines()[name], "\r\n")))
}

// A valid file stays valid and keeps its contents when a line is added, and becomes the
// same file when the line is removed.
func FuzzPeersFile(f *testing.F) {
	seedFiles(f, "peers")
	folder, _ := folder(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(folder.Path("peers"), data, 0o600))
		before, err := folder.Peers()
		if err != nil {
			require.Contains(t, err.Error(), folder.Path("peers"))
			require.Equal(t, codec.Show(err.Error()), err.Error())
			_, err = folder.AddPeer(trust.Peer{ID: numbered(99)})
			require.Error(t, err)
			after, err := os.ReadFile(folder.Path("peers"))
			require.NoError(t, err)
			require.Equal(t, string(data), string(after))
			return
		}
		if _, err := folder.Peer(numbered(99)); err == nil {
			return
		}
		added, err := folder.AddPeer(trust.Peer{ID: numbered(99), Name: "x", Can: trust.AllRights})
		require.NoError(t, err)
		after, err := folder.Peers()
		require.NoError(t, err)
		require.Equal(t, append(before, added), after)
		_, err = folder.Revoke(added.Name)
		require.NoError(t, err)
		rest, err := os.ReadFile(folder.Path("peers"))
		if len(data) == 0 {
			require.ErrorIs(t, err, os.ErrNotExist)
			return
		}
		require.NoError(t, err)
		require.Equal(t, strings.TrimSuffix(string(data), "\n"), strings.TrimSuffix(string(rest), "\n"))
	})
}

func FuzzHostsFile(f *testing.F) {
	seedFiles(f, "hosts")
	folder, _ := folder(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(folder.Path("hosts"), data, 0o600))
		hosts, err := folder.Hosts()
		if err != nil {
			require.Contains(t, err.Error(), folder.Path("hosts"))
			require.Equal(t, codec.Show(err.Error()), err.Error())
			return
		}
		for _, h := range hosts {
			got, err := folder.Host(h.Name)
			require.NoError(t, err)
			require.Equal(t, h, got)
			again, err := folder.AddHost(h) // adding it again changes nothing
			require.NoError(t, err)
			require.Equal(t, h, again)
		}
		after, err := folder.Hosts()
		require.NoError(t, err)
		require.Equal(t, hosts, after)
	})
}

func FuzzPairingLine(f *testing.F) {
	good := trust.PairingLine{Addr: "[fe80::1%eth0]:8820", ID: oneID, Token: token}.String()
	for _, s := range []string{
		good, "<" + strings.ToUpper(good) + ">\r\n", good[:50] + "\n" + good[50:], good[1:],
		"one two three four",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := trust.ParsePairingLine(s)
		if err != nil {
			require.Equal(t, codec.Show(err.Error()), err.Error())
			return
		}
		again, err := trust.ParsePairingLine(l.String())
		require.NoError(t, err)
		require.Equal(t, l, again)
		require.Equal(t, codec.Show(l.String()), l.String())
	})
}

func FuzzPairFrame(f *testing.F) {
	f.Add([]byte("line " + strings.Repeat("0", 64) + " ann\n"))
	f.Add([]byte("words " + strings.Repeat("f", 64) + " \"ann lee\"\n"))
	f.Add([]byte("line x ann\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		kind, proof, name, err := trust.ParsePair(codec.Frame{Verb: codec.MakeVerb("PAIR"), Body: body})
		if err != nil {
			return
		}
		require.Contains(t, []string{"line", "words"}, kind)
		require.Len(t, proof, 32)
		require.Contains(t, string(body), hex.EncodeToString(proof))
		require.Equal(t, trust.CleanName(name), name)
	})
}
