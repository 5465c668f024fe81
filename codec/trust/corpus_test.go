package trust_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
)

const (
	otherID = "mqaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	token   = "abcdefghijklmnopqrstuvwxyz"
)

// A badLine is a line that a file must not have, and a part of the error for it.
type badLine struct{ line, says string }

// badLines returns the bad lines of each file.
func badLines() map[string][]badLine {
	return map[string][]badLine{
		"peers": append(computers(func(name, id string) string {
			return id + " " + name + " can=dir added=2026-11-02"
		}),
			badLine{oneID, "a peer is ID NAME can=RIGHTS added=DATE"},
			badLine{oneID + " ann", "can= is missing"},
			badLine{oneID + " ann can=dir", "added= is missing"},
			badLine{oneID + " ann added=2026-11-02", "can= is missing"},
			badLine{"ann " + oneID + " can=dir added=2026-11-02", "ann is not an ID"},
			badLine{oneID + " ann can= added=2026-11-02", "is not a right"},
			badLine{oneID + " ann can added=2026-11-02", "can is not a known pair"},
			badLine{oneID + " ann can=everything added=2026-11-02", "everything is not a right"},
			badLine{oneID + " ann can=dir,root added=2026-11-02", "root is not a right"},
			badLine{oneID + " ann can=dir, get added=2026-11-02", "is not a right"},
			badLine{oneID + " ann can=Dir added=2026-11-02", "Dir is not a right"},
			badLine{oneID + " ann can=all,none added=2026-11-02", "all is not a right"},
			badLine{oneID + " ann can=dir can=exec added=2026-11-02", "can= is given twice"},
			badLine{oneID + " ann can=dir CAN=exec added=2026-11-02", "CAN=exec is not a known pair"},
			badLine{oneID + " ann can=dir added=2026-11-02 root=/srv", "root=/srv is not a known pair"},
			badLine{oneID + " ann can=dir added=2026-11-02 # a friend", "is not a known pair"},
			badLine{oneID + " ann can=dir added=2026-11-02 =x", "=x is not a known pair"},
			badLine{oneID + " ann can=dir added=2026-11-02 until", "until is not a known pair"},
			badLine{
				oneID + " ann can=dir added=2026-11-02 until=",
				"is not a time such as 2006-01-02T15:04:05Z",
			},
			badLine{oneID + " ann can=dir added=2026-11-02 until=never", "never is not a time"},
			badLine{oneID + " ann can=dir added=2026-11-02 until=2027-01-01", "is not a time"},
			badLine{oneID + " ann can=dir added=2026-11-02 until=2027-01-01T00:00:00", "is not a time"},
			badLine{oneID + " ann can=dir added=2026-11-02 until=2027-01-01T00:00:00.5Z", "is not a time"},
			badLine{
				oneID + " ann can=dir added=2026-11-02 until=2027-01-01T00:00:00+01:00",
				"is not a time",
			},
			badLine{oneID + " ann can=dir added=2026-11-02 until=2027-02-30T00:00:00Z", "is not a time"},
			// the zero time.Time, which would mean without end
			badLine{oneID + " ann can=dir added=2026-11-02 until=0001-01-01T00:00:00Z", "is not a time"},
			badLine{oneID + " ann can=dir added=2026-11-02 until=10000-01-01T00:00:00Z", "is not a time"},
			badLine{oneID + " ann can=dir added=", "is not a time such as 2006-01-02"},
			badLine{oneID + " ann can=dir added=2026-11-31", "is not a time"},
			badLine{oneID + " ann can=dir added=2026-1-2", "is not a time"},
			badLine{oneID + " ann can=dir added=02.11.2026", "is not a time"},
			badLine{oneID + " ann can=dir added=0001-01-01", "is not a time"},
		),
		"hosts": append(computers(func(name, id string) string {
			return name + " 192.0.2.7:8820 " + id + " added=2026-11-02"
		}),
			badLine{"office", "a host is NAME ADDR:PORT ID added=DATE"},
			badLine{"office 192.0.2.7:8820", "a host is"},
			badLine{"office 192.0.2.7:8820 " + oneID, "added= is missing"},
			badLine{
				"office 192.0.2.7:8820 " + oneID + " added=2026-11-02 can=dir",
				"can=dir is not a known pair",
			},
			badLine{
				"office 192.0.2.7:8820 " + oneID + " added=2026-11-02 added=2026-11-02",
				"added= is given twice",
			},
			badLine{"office 192.0.2.7:8820 " + oneID + " added=today", "today is not a time"},
			badLine{
				"192.0.2.7:8820 192.0.2.7:8820 " + oneID + " added=2026-11-02",
				"192.0.2.7:8820 is not a name",
			},
			badLine{"office " + oneID + " 192.0.2.7:8820 added=2026-11-02", "is not an address"},
		),
		"invite": {
			{"short can=dir made=2026-11-02T10:00:00Z left=3", "the token has 26 letters and digits"},
			{strings.ToUpper(token) + " can=dir made=2026-11-02T10:00:00Z left=3", "the token has"},
			{token + "a can=dir made=2026-11-02T10:00:00Z left=3", "the token has"},
			{token[1:] + "1 can=dir made=2026-11-02T10:00:00Z left=3", "the token has"},
			{token, "can= is missing"},
			{token + " made=2026-11-02T10:00:00Z left=3", "can= is missing"},
			{token + " can=dir left=3", "made= is missing"},
			{token + " can=dir made=2026-11-02T10:00:00Z", "left= is missing"},
			{token + " can=dir made=2026-11-02T10:00:00Z left=4", "4 is not a number of tries"},
			{token + " can=dir made=2026-11-02T10:00:00Z left=-1", "is not a number of tries"},
			{token + " can=dir made=2026-11-02T10:00:00Z left=03", "is not a number of tries"},
			{
				token + " can=dir made=2026-11-02T10:00:00Z left=18446744073709551617",
				"is not a number of tries",
			},
			{token + " can=dir made=2026-11-02T10:00:00Z left=3 left=3", "left= is given twice"},
			{token + " can=dir made=2026-11-02 left=3", "is not a time"},
			{token + " can=dir made=0001-01-01T00:00:00Z left=3", "is not a time"},
			{token + " can=dir made=2026-11-02T10:00:00Z left=3 for=0s", "0s is not a duration such as"},
			{token + " can=dir made=2026-11-02T10:00:00Z left=3 for=-1h", "is not a duration such as"},
			{token + " can=dir made=2026-11-02T10:00:00Z left=3 for=ever", "is not a duration such as"},
			{token + " can=dir made=2026-11-02T10:00:00Z left=3 for=9999999h", "is not a duration such as"},
			{token + " can=dir made=2026-11-02T10:00:00Z left=3 tries=9", "tries=9 is not a known pair"},
			{token + " can=root made=2026-11-02T10:00:00Z left=3", "root is not a right"},
			{token + " \"can=dir", "is not closed"},
			{token + "\x00 can=dir made=2026-11-02T10:00:00Z left=3", "the token has"},
		},
		"listening": append(badAddrs(func(addr string) string { return addr }),
			badLine{"192.0.2.7:8820 192.0.2.8:8820", "a line is one address"},
			badLine{"addr=192.0.2.7:8820", "is not an address"}),
	}
}

// computers returns bad lines for both peers and hosts.
func computers(line func(name, id string) string) []badLine {
	bad := []badLine{
		{line(`"ann`, oneID), "is not closed"},
		{line(`e"ann\q"`, oneID), "after \\ comes"},
		{line("ann", oneID) + "\r", `\r`}, // in a file with lines that end in CR LF this is a second CR
		{line("ann", oneID) + "\x00", ""},
		{"\x1b[2J" + line("ann", oneID), ""},
		{"\x7fELF\x01\x01", ""},
		{"\u00a0" + line("ann", oneID), ""}, // a no-break space is not a blank
		{" # " + line("ann", oneID), ""},
		{strings.Repeat("x", 10_000), ""},
		{strings.Repeat("x ", 10_000), ""},
	}
	for _, name := range []string{
		`""`, "-ann", ".ann", "..", "ann/bob", `ann\bob`, `"ann bob"`, "ann:1", "büro", "аnn",
		"ann\u202e", "ann*",
		"$HOME", "ann,bob", "ann=bob", "\xff", strings.Repeat("a", 65), "a\u200bnn", "ann\x07",
	} {
		bad = append(
			bad,
			badLine{line(name, oneID), "is not a name, which is 1 to 64 letters, digits and . _ - @"},
		)
	}
	for _, id := range []string{
		oneID[:51], oneID + "a", `""`, "x", strings.Replace(oneID, "a", "1", 1), oneID[:51] + "r", oneID[:26] +
			"é" + oneID[28:],
		oneID[:20] + "…", "sha256:" + oneID, "\u212a" + oneID[1:], oneID + "=", strings.Repeat("0", 64),
	} {
		bad = append(bad, badLine{line("ann", id), "is not an ID, which has 52 letters and digits"})
	}
	return bad
}

func badAddrs(line func(addr string) string) []badLine {
	var bad []badLine
	for _, addr := range []string{
		`""`, "x", ":8820", "192.0.2.7", "192.0.2.7:", "192.0.2.7:0", "192.0.2.7:65536",
		"192.0.2.7:08820", "192.0.2.7:+1",
		"192.0.2.7:ssh", "192.0.2.7:-1", "192.0.2.7:8820:1", "fe80::1:8820", "[fe80::1]", "[]:1",
		"[::1]8820", "-x:1", "a b:1",
		`"a b:1"`, "a/b:1", "tcp://192.0.2.7:8820", "ann@[::1:1", "ann@192.0.2.7:8820", "büro:1",
		"\x1b[2J:1", "192.0.2.7:99999999999999999999", "%:1",
	} {
		bad = append(bad, badLine{line(addr), ""})
	}
	return bad
}

// goodLines returns valid lines for each file, which one file can contain together.
func goodLines() map[string][]string {
	return map[string][]string{
		"peers": {
			otherID + " bob can=none added=2026-11-02 until=9999-12-31T23:59:59Z",
			numberedGroups(7) + " \"carol\"\t added=2026-11-02  can=get,dir ",
		},
		"hosts": {
			"bob 192.0.2.8:8820 " + otherID + " added=2026-11-02",
			" carol\t[fe80::1%eth0]:1   " + numberedGroups(7) + " added=2026-11-02",
		},
		"listening": {"192.0.2.7:8820", "[::1]:65535"},
	}
}

func numberedGroups(n int) string { return strings.ToUpper(numbered(n).Groups()) }

// TestOneBadLineInvalidatesTheFile puts each bad line at several places in a file.
func TestOneBadLineInvalidatesTheFile(t *testing.T) {
	f, _ := folder(t)
	files := 0
	for name, lines := range badLines() {
		for _, bad := range append(lines, inHosts(name)...) {
			for _, place := range []struct {
				format string
				line   int
			}{
				{"%[1]s", 1},
				{"\ufeff%[1]s\r\n%[2]s\r\n", 1},
				{"# who may\n\n%[2]s\n \t\n%[1]s\n%[3]s\n", 5},
				{"%[2]s\r\n%[3]s\r\n# x\r\n%[1]s\r\n", 4},
			} {
				good := goodLines()[name]
				if good == nil {
					good = []string{"#", "#"}
				}
				text := fmt.Sprintf(place.format, bad.line, good[0], good[1])
				if strings.HasSuffix(bad.line, "\r") && !strings.Contains(place.format, "%[1]s\r\n") {
					continue // its CR would become that of the line end
				}
				files++
				write(t, f, name, text)
				err := readers(f)[name]()
				require.Error(t, err, "%q", text)
				require.Contains(
					t, err.Error(),
					fmt.Sprintf("%s:%d: ", f.Path(name), place.line), "%q", text,
				)
				require.Contains(t, err.Error(), bad.says, "%q", text)
				require.Less(t, len(err.Error()), 1000)
				require.Equal(t, codec.Show(err.Error()), err.Error(), "not fit for a terminal")
				var e *codec.Error
				require.ErrorAs(t, err, &e)
				require.NotEmpty(t, e.Hint)
				require.NotContains(t, err.Error(), token, "the token is a secret")
				if name == "peers" {
					_, err = f.Peer(otherID)
					require.ErrorContains(t, err, "peers:", "%q", text)
				}
				if change := writers(f)[name]; name == "peers" || name == "hosts" {
					require.Error(t, change(), "%q", text)
					requireFile(t, f, name, text)
				}
			}
		}
	}
	require.Greater(t, files, 300)
}

// inHosts returns lines of the file hosts with the bad addresses, or nil if file is
// another one.
func inHosts(file string) []badLine {
	if file != "hosts" {
		return nil
	}
	return badAddrs(func(addr string) string { return "office " + addr + " " + oneID + " added=2026-11-02" })
}

func TestFilesThatEditorsHaveTouchedAreFine(t *testing.T) {
	f, _ := folder(t)
	for name, good := range goodLines() {
		for _, format := range []string{
			"%s\n%s\n", "%s\n%s", "\ufeff%s\n%s\n", "%s\r\n%s\r\n", "\ufeff%s\r\n%s",
			"\n\n%s\n \t\r\n\t\n%s\n\n",
			"# \xff\x00 anything\n%s\n#\n%s\n#", "\ufeff# x\r\n%s\n%s\r\n", "\ufeff\n%s\n%s",
		} {
			write(t, f, name, fmt.Sprintf(format, good[0], good[1]))
			require.NoError(t, readers(f)[name](), "%q", format)
		}
	}
	write(t, f, "peers", "# x\r\n"+goodLines()["peers"][0]+"\r\n"+goodLines()["peers"][1])
	peers, err := f.Peers()
	require.NoError(t, err)
	require.Equal(t, []trust.Peer{
		{ID: otherID, Name: "bob", Added: day("2026-11-02"), Until: day("9999-12-31").Add(24*3600e9 - 1e9)},
		{ID: numbered(7), Name: "carol", Can: trust.Dir | trust.Get, Added: day("2026-11-02")},
	}, peers)
}

func TestNoTwoLinesHaveTheSameIDOrName(t *testing.T) {
	f, _ := folder(t)
	for name, rows := range map[string][]badLine{
		"peers": {
			{otherID + " bobby can=all added=2026-11-02", "line 2 has the same ID"},
			{
				strings.ToUpper(trust.ID(otherID).Groups()) + " bobby can=all added=2026-11-02",
				"line 2 has the same ID",
			},
			{oneID + " bob can=all added=2026-11-02", "line 2 has the same name"},
			{oneID + " BoB can=all added=2026-11-02", "line 2 has the same name"},
		},
		"hosts": {
			{"bobby 192.0.2.9:8820 " + otherID + " added=2026-11-02", "line 2 has the same ID"},
			{"Bob 192.0.2.9:8820 " + oneID + " added=2026-11-02", "line 2 has the same name"},
		},
	} {
		for _, bad := range rows {
			write(t, f, name, "# x\n"+goodLines()[name][0]+"\n"+goodLines()[name][1]+"\n"+bad.line+"\n")
			require.ErrorContains(t, readers(f)[name](), f.Path(name)+":4: "+bad.says)
		}
	}
	write(
		t, f, "invite",
		token+" can=dir made=2026-11-02T10:00:00Z left=3\n\n"+token+" can=dir made=2026-11-02T10:00:00Z left=3\n",
	)
	require.ErrorContains(
		t, readers(f)["invite"](), f.Path("invite")+":3: there is only one invitation at a time",
	)
}
