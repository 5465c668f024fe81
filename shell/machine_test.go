package shell

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestFourMomentsTellHowFarAClockIs(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return noon.Add(d) }
	const ms = time.Millisecond
	for _, c := range []struct {
		sent, received, answered, came time.Duration
		want                           string
	}{
		{0, 192*time.Second + 4*ms, 192*time.Second + 6*ms, 10 * ms, "3 m 12 s ahead of here, ± 4.0 ms"},
		{0, -192*time.Second + 4*ms, -192*time.Second + 6*ms, 10 * ms, "3 m 12 s behind here, ± 4.0 ms"},
		{0, 4 * ms, 6 * ms, 10 * ms, "as here, ± 4.0 ms"},
		{0, 9 * ms, 9 * ms, 10 * ms, "as here, ± 5.0 ms"}, // all the way there
		{0, 25 * ms, 25 * ms, 10 * ms, "20 ms ahead of here, ± 5.0 ms"},
		{0, 20 * 365 * 24 * time.Hour, 20 * 365 * 24 * time.Hour, 0, "7300 d 0 h ahead of here, ± 0.00 ms"},
		{0, math.MaxInt64, math.MaxInt64, 0, "more than 292 years ahead of here"}, // and the clocks say how far
		{0, math.MinInt64, math.MinInt64, 0, "more than 292 years behind here"},
		{0, 5 * time.Second, 0, time.Second, "2.0 s ahead of here, ± 500 ms"}, // a server out of its mind
		{0, math.MaxInt64, math.MinInt64, 0, "as here, ± 0.00 ms"},
	} {
		r := readingOf(at(c.sent), at(c.received), at(c.answered), at(c.came))
		require.Equal(t, c.want, r.String())
	}
}

// The reading is the best whose call was under way for the shortest time.
func TestTimeTakesTheBestOfAFewReadings(t *testing.T) {
	const layout = "2006-01-02T15:04:05.000000000Z07:00"
	calls := 0
	s, output, _, _ := hostile(t, answers{"TIME": func(c *codec.Conn, _ []codec.Word) {
		calls++
		received, answered := time.Now().UTC(), time.Now().UTC()
		if calls == 2 { // it says that it took all the time itself
			answered = received.Add(2 * time.Hour).In(time.FixedZone("", 3600))
		}
		_ = c.Write(codec.DATA, []byte(answered.Format(layout)+"\n"))
		_ = c.WriteWords(codec.OK, codec.Lit("received="+received.Format(layout)))
	}})
	require.NoError(t, s.does(t, "time"))
	require.Equal(t, clockTries, calls)
	require.Regexp(t, `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0100, (1 h 0 m|59 m 59 s) ahead of here, ± 0.00 ms\n$`, output())
}

func TestTheErrorOfAClockHasHalfOfWhatItDoesNotShow(t *testing.T) {
	for precision, want := range map[string]string{
		"1": `^2026-.*, ± 500 ms\n$`, "60": `^2026-.*, ± 30.0 s\n$`, "0.000001": `± 0\.\d\d ms\n$`,
		"x": "^time: x is no precision\n$", "-1": "is no precision", "1e9": "is no precision", "999999999999": "is no precision",
	} {
		s, output, _, _ := hostile(t, answers{"TIME": func(c *codec.Conn, _ []codec.Word) {
			at := time.Now().Format(time.RFC3339Nano)
			_ = c.Write(codec.DATA, []byte(at+"\n"))
			_ = c.WriteWords(codec.OK, codec.Lits("received="+at, "precision="+precision)...)
		}})
		require.Regexp(t, want, says(t, s, output, "time"), precision)
	}
}

func TestLongTimesAreTwoUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		12 * time.Second: "12 s", 192 * time.Second: "3 m 12 s", 3600 * time.Second: "1 h 0 m", 53 * time.Hour: "2 d 5 h", math.MaxInt64: "106751 d 23 h",
		9 * time.Second: "9.0 s", 40 * time.Microsecond: "0.04 ms", 4 * time.Millisecond: "4.0 ms", 999 * time.Millisecond: "999 ms",
	} {
		require.Equal(t, want, longText(d))
	}
}

func TestInfoTellsOfTheDisksToo(t *testing.T) {
	host := `linux "Debian GNU/Linux 12" amd64 office-pc ann 90061 "cpu=Some CPU" cores=8 load=0.50,0.25,0.10 memory=8589934592 memory-free=1073741824 users=2 e"\x1b[31m=\x07"` + "\n"
	disks := "/ ext4 270582939648 83751862272\n/run tmpfs 1 1\n/mnt devtmpfs 1 1\n\"/media/USB DISK\" vfat - -\n"
	s, output, _, _ := hostile(t, answers{"INFO": tells(host), "DF": tells(disks)})
	s.Out.Terminal = true
	require.NoError(t, s.does(t, "info"))
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
`, output())
	s, output, _, _ = hostile(t, answers{"INFO": tells(host)})
	require.NoError(t, s.does(t, "info"))
	require.NotContains(t, output(), "disk")
	require.False(t, strings.Contains(output(), "unknown verb"))
}
