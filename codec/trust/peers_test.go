package trust_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
)

func TestPeerIsKnownUntilRevoked(t *testing.T) {
	f, dir := folder(t)
	_, err := f.Peer(oneID)
	require.ErrorIs(t, err, trust.ErrUnknown)
	until := time.Now().Add(time.Hour)
	added, err := f.AddPeer(trust.Peer{ID: oneID, Name: "ann", Can: trust.Dir | trust.Exec, Until: until})
	require.NoError(t, err)
	require.Equal(t, trust.Peer{
		ID: oneID, Name: "ann", Can: trust.Dir | trust.Exec,
		Added: time.Now().UTC().Truncate(24 * time.Hour), Until: until.UTC().Truncate(time.Second),
	}, added)
	again, err := trust.Open(dir)
	require.NoError(t, err)
	for _, f := range []*trust.Folder{f, again} {
		p, err := f.Peer(oneID)
		require.NoError(t, err)
		require.Equal(t, added, p)
		_, err = f.Peer(otherID)
		require.ErrorIs(t, err, trust.ErrUnknown)
		_, err = f.Peer("")
		require.ErrorIs(t, err, trust.ErrUnknown)
	}
	peers, err := f.Peers()
	require.NoError(t, err)
	peers[0] = trust.Peer{ID: otherID} // the caller may change the slice
	p, err := f.Peer(oneID)
	require.NoError(t, err)
	require.Equal(t, added, p)
	gone, err := again.Revoke("ANN")
	require.NoError(t, err)
	require.Equal(t, added, gone)
	_, err = f.Peer(oneID)
	require.ErrorIs(t, err, trust.ErrUnknown)
	_, err = f.Revoke("ann")
	require.ErrorIs(t, err, trust.ErrUnknown)
}

func TestRevokeByIDGoesBeforeANameThatLooksLikeOne(t *testing.T) {
	for _, first := range []bool{false, true} {
		f, _ := folder(t)
		people := []trust.Peer{{ID: oneID, Name: otherID}, {ID: otherID, Name: "bob"}}
		if first {
			people[0], people[1] = people[1], people[0]
		}
		for _, p := range people {
			_, err := f.AddPeer(p)
			require.NoError(t, err)
		}
		gone, err := f.Revoke(trust.ID(otherID).Groups())
		require.NoError(t, err)
		require.Equal(t, "bob", gone.Name)
		gone, err = f.Revoke(otherID)
		require.NoError(t, err)
		require.Equal(t, trust.ID(oneID), gone.ID)
	}
}

func TestShortIDRevokesNoPeer(t *testing.T) {
	f, _ := folder(t)
	_, err := f.AddPeer(trust.Peer{ID: oneID, Name: "ann"})
	require.NoError(t, err)
	for _, who := range []string{"", "an", trust.ID(oneID).Short(), oneID[:8], oneID[:51]} {
		_, err = f.Revoke(who)
		require.ErrorIs(t, err, trust.ErrUnknown, who)
	}
}

func TestNameThatIsTakenGetsANumber(t *testing.T) {
	f, _ := folder(t)
	long := strings.Repeat("a", 64)
	for n, row := range []struct{ asked, got string }{
		{"ann", "ann"},
		{"Ann", "Ann-2"},
		{"ann", "ann-3"},
		{"ann-2", "ann-2-2"},
		{"bob", "bob"},
		{"", "computer"},
		{"büro/pc\n", "b-ro-pc-"},
		{"../../x", "x"},
		{long, long},
		{long + "b", long[:62] + "-2"},
	} {
		p, err := f.AddPeer(trust.Peer{ID: numbered(n), Name: row.asked})
		require.NoError(t, err)
		require.Equal(t, row.got, p.Name)
	}
	p, err := f.AddPeer(trust.Peer{ID: numbered(0), Name: "BOB"})
	require.NoError(t, err)
	require.Equal(t, "BOB-2", p.Name)
	p, err = f.AddPeer(trust.Peer{ID: numbered(0), Name: "bob-2"})
	require.NoError(t, err)
	require.Equal(t, "bob-2", p.Name, "its own name is not taken")
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"ann": "ann", "Ann.Lee_2@x-y": "Ann.Lee_2@x-y", "": "computer", "...": "computer",
		"-": "computer", "日本": "computer",
		"a b": "a-b", "-rf": "rf", ".ssh": "ssh", "a\x1b[2Jb": "a--2Jb", "\xff\xfe": "computer",
		"x\u202ey":               "x-y",
		strings.Repeat("ab", 40): strings.Repeat("ab", 32),
	} {
		require.Equal(t, want, trust.CleanName(in), "%q", in)
		require.Equal(t, want, trust.CleanName(want), "what is clean stays")
	}
}

func TestAddPeerReplacesTheLineWithItsID(t *testing.T) {
	f, _ := folder(t)
	text := "\ufeff# who may\r\n\r\n" + oneID + " ann can=all added=2026-11-02\r\n# and\n" + otherID +
		"   bob can=dir added=2026-11-02 "
	write(t, f, "peers", text)
	_, err := f.AddPeer(trust.Peer{ID: numbered(3), Name: "carol", Can: trust.Get, Added: day("2026-11-22")})
	require.NoError(t, err)
	text += "\n" + string(numbered(3)) + " carol can=get added=2026-11-22\n"
	requireFile(t, f, "peers", text)
	_, err = f.AddPeer(trust.Peer{ID: oneID, Name: "ann2", Added: day("2026-11-22"), Until: day("2027-01-01")})
	require.NoError(t, err)
	text = strings.Replace(
		text, oneID+" ann can=all added=2026-11-02\r\n",
		oneID+" ann2 can=none added=2026-11-22 until=2027-01-01T00:00:00Z\n", 1,
	)
	requireFile(t, f, "peers", text)
	_, err = f.Revoke("bob")
	require.NoError(t, err)
	requireFile(t, f, "peers", strings.Replace(text, otherID+"   bob can=dir added=2026-11-02 \n", "", 1))
}

func TestPeerThatCouldNotBeReadAgainIsNotWritten(t *testing.T) {
	f, _ := folder(t)
	_, err := f.AddPeer(trust.Peer{ID: oneID, Name: "ann"})
	require.NoError(t, err)
	before, err := os.ReadFile(f.Path("peers"))
	require.NoError(t, err)
	for _, p := range []trust.Peer{
		{ID: ""},
		{ID: "x\n" + otherID},
		{ID: otherID, Until: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)},
		{ID: otherID, Added: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		_, err = f.AddPeer(p)
		require.Error(t, err)
		requireFile(t, f, "peers", string(before))
	}
}
