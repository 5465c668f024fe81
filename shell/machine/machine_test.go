package machine_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"

	"techsh/codec"
)

// The clock is read several times, and the fastest call counts.
func TestTimeUsesTheFastestOfSeveralReadings(t *testing.T) {
	const layout = "2006-01-02T15:04:05.000000000Z07:00"
	calls := 0
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"TIME": func(c *codec.Conn, _ []codec.Word) {
		calls++
		received, answered := time.Now().UTC(), time.Now().UTC()
		if calls == 2 { // claims that the server needed the whole time
			answered = received.Add(2 * time.Hour).In(time.FixedZone("", 3600))
		}
		_ = c.Write(codec.DATA, []byte(answered.Format(layout)+"\n"))
		_ = c.WriteWords(codec.OK, codec.Lit("received="+received.Format(layout)))
	}})
	require.NoError(t, s.Run("time"))
	require.Greater(t, calls, 1)
	require.Regexp(
		t,
		`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0100, (1 h 0 m|59 m 59 s) ahead of the local clock, ± 0.00 ms\n$`,
		s.Printed(),
	)
}

func TestTheErrorOfAClockIncludesHalfItsResolution(t *testing.T) {
	for precision, want := range map[string]string{
		"1": `^2026-.*, ± 500 ms\n$`, "60": `^2026-.*, ± 30.0 s\n$`, "0.000001": `± 0\.\d\d ms\n$`,
		"x": "^time: x is not a precision\n$", "-1": "is not a precision", "1e9": "is not a precision",
		"999999999999": "is not a precision",
	} {
		s, _ := shelltest.NewHostile(t, shelltest.Answers{"TIME": func(c *codec.Conn, _ []codec.Word) {
			at := time.Now().Format(time.RFC3339Nano)
			_ = c.Write(codec.DATA, []byte(at+"\n"))
			_ = c.WriteWords(codec.OK, codec.Lits("received="+at, "precision="+precision)...)
		}})
		require.Regexp(t, want, s.Says("time"), precision)
	}
}

func TestInfoTellsOfTheDisksToo(t *testing.T) {
	host := `linux "Debian GNU/Linux 12" amd64 office-pc ann 90061 "cpu=Some CPU" cores=8 load=0.50,0.25,0.10 ` +
		`memory=8589934592 memory-free=1073741824 users=2 e"\x1b[31m=\x07"` + "\n"
	disks := "/ ext4 270582939648 83751862272\n/run tmpfs 1 1\n/mnt devtmpfs 1 1\n\"/media/USB DISK\" vfat - -\n"
	s, _ := shelltest.NewHostile(
		t,
		shelltest.Answers{"INFO": shelltest.Tells(host), "DF": shelltest.Tells(disks)},
	)
	s.Terminals(true, false)
	require.NoError(t, s.Run("info"))
	require.Equal(t, `system   linux amd64
version  Debian GNU/Linux 12
host     office-pc
user     ann
uptime   1 day 1:01
cpu      Some CPU
cores    8
load     0.50 0.25 0.10
memory   8.0 GiB, 1.0 GiB free
users    2
\x1b[31m \x07
disk     252 GiB, 78 GiB free, /
disk     ?, ? free, "/media/USB DISK"
`, s.Printed())
	s, _ = shelltest.NewHostile(t, shelltest.Answers{"INFO": shelltest.Tells(host)})
	require.NoError(t, s.Run("info"))
	require.NotContains(t, s.Printed(), "disk")
	require.False(t, strings.Contains(s.Printed(), "unknown verb"))
}

// The remote clock may show any time, and the server may lie.
func TestTimeShowsTheDifferenceOfTheClocks(t *testing.T) {
	const layout = "2006-01-02T15:04:05.000000000Z07:00"
	for _, c := range []struct {
		received, answered time.Duration
		want               string
	}{
		{192 * time.Second, 192 * time.Second, `3 m 1[12] s ahead of the local clock, ± `},
		{-192 * time.Second, -192 * time.Second, `3 m 1[12] s behind the local clock, ± `},
		{0, 0, `as the local clock, ± `},
		{
			20 * 365 * 24 * time.Hour,
			20 * 365 * 24 * time.Hour,
			`7299 d 23 h ahead of the local clock, ± |7300 d 0 h ahead of the local clock, ± `,
		},
		{12 * time.Second, 12 * time.Second, ` 1[12](\.\d)? s ahead of the local clock, ± `},
		{53 * time.Hour, 53 * time.Hour, ` 2 d [45] h ahead of the local clock, ± `},
		{10 * time.Second, 0, ` 5\.0 s ahead of the local clock, ± |4\.9 s ahead of the local clock, ± `},
		{
			math.MaxInt64, math.MaxInt64,
			`106751 d 23 h ahead of the local clock, ± |more than 292 years ahead of the local clock\n`,
		},
		{math.MinInt64 / 2, math.MinInt64 / 2, `53375 d \d+ h behind the local clock`},
	} {
		s, _ := shelltest.NewHostile(t, shelltest.Answers{"TIME": func(c2 *codec.Conn, _ []codec.Word) {
			now := time.Now().UTC()
			_ = c2.Write(codec.DATA, []byte(now.Add(c.answered).Format(layout)+"\n"))
			_ = c2.WriteWords(codec.OK, codec.Lit("received="+now.Add(c.received).Format(layout)))
		}})
		require.Regexp(t, c.want, s.Says("time"))
	}
}
