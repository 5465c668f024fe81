package trust_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
)

func TestHostIsFoundByNameAndAddressUntilForgotten(t *testing.T) {
	f, _ := folder(t)
	_, err := f.Host("office-pc")
	require.ErrorIs(t, err, trust.ErrUnknown)
	added, err := f.AddHost(trust.Host{Name: "Office-PC", Addr: "Office.example:8820", ID: oneID})
	require.NoError(t, err)
	require.Equal(t, trust.Host{
		Name: "Office-PC", Addr: "Office.example:8820", ID: oneID,
		Added: time.Now().UTC().Truncate(24 * time.Hour),
	}, added)
	for _, name := range []string{"office-pc", "OFFICE-PC", "office.example:8820"} {
		h, err := f.Host(name)
		require.NoError(t, err)
		require.Equal(t, added, h)
	}
	for _, name := range []string{"", "office", "office.example", "office.example:22", oneID} {
		_, err = f.Host(name)
		require.ErrorIs(t, err, trust.ErrUnknown, name)
	}
	gone, err := f.Forget("office-pc")
	require.NoError(t, err)
	require.Equal(t, added, gone)
	_, err = f.Host("office-pc")
	require.ErrorIs(t, err, trust.ErrUnknown)
	_, err = f.Forget("office-pc")
	require.ErrorIs(t, err, trust.ErrUnknown)
}

func TestHostNamesAreUnlikeEachOther(t *testing.T) {
	f, _ := folder(t)
	for n, row := range []struct{ asked, got string }{
		{"office", "office"}, {"Office", "Office-2"}, {"\x1b[31moffice", "31moffice"}, {
			"192.0.2.7:22", "192.0.2.7-22",
		},
	} {
		h, err := f.AddHost(trust.Host{Name: row.asked, Addr: "192.0.2.7:8820", ID: numbered(n)})
		require.NoError(t, err)
		require.Equal(t, row.got, h.Name)
	}
	hosts, err := f.Hosts()
	require.NoError(t, err)
	require.Len(t, hosts, 4)
}

func TestHostThatMovedKeepsItsLine(t *testing.T) {
	f, _ := folder(t)
	write(
		t, f, "hosts",
		"# mine\noffice 192.0.2.7:8820 "+oneID+" added=2026-11-02\nhome [::1]:8820 "+otherID+" added=2026-11-02\n",
	)
	_, err := f.AddHost(trust.Host{Name: "office", Addr: "192.0.2.9:1", ID: oneID, Added: day("2026-11-22")})
	require.NoError(t, err)
	requireFile(
		t, f, "hosts",
		"# mine\noffice 192.0.2.9:1 "+oneID+" added=2026-11-22\nhome [::1]:8820 "+otherID+" added=2026-11-02\n",
	)
}

// A computer with a new key is another one at the same address.
func TestOfTwoHostsAtOneAddressTheLastCounts(t *testing.T) {
	f, _ := folder(t)
	for n := range 2 {
		_, err := f.AddHost(trust.Host{Name: "office", Addr: "192.0.2.7:8820", ID: numbered(n)})
		require.NoError(t, err)
	}
	h, err := f.Host("192.0.2.7:8820")
	require.NoError(t, err)
	require.Equal(t, numbered(1), h.ID)
	h, err = f.Host("office")
	require.NoError(t, err)
	require.Equal(t, numbered(0), h.ID)
}

func TestHostWithABadAddressIsNotWritten(t *testing.T) {
	f, dir := folder(t)
	for _, bad := range inHosts("hosts")[:5] {
		_, err := f.AddHost(trust.Host{Name: "office", Addr: bad.line, ID: oneID})
		require.Error(t, err)
	}
	requireOnly(t, dir)
}
