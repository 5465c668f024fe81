package codec_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestZonesOfPOSIX(t *testing.T) {
	winter := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	summer := time.Date(2026, 7, 15, 12, 0, 0, 0, time.UTC)
	for tz, want := range map[string][2]string{
		"JST-9":                                {"21:00 JST", "21:00 JST"},
		":JST-9":                               {"21:00 JST", "21:00 JST"},
		"<+0530>-5:30":                         {"17:30 +0530", "17:30 +0530"},
		"<-03>3":                               {"09:00 -03", "09:00 -03"},
		":<Q2>+1:15:30":                        {"10:44 Q2", "10:44 Q2"},
		"IST-2IDT,M3.4.4/26,M10.5.0":           {"14:00 IST", "15:00 IDT"},
		"XST5XDT":                              {"07:00 XST", "08:00 XDT"},
		"NZST-12NZDT-13,M9.5.0,M4.1.0/3":       {"01:00 NZDT", "00:00 NZST"},
		"<-02>2<-01>,M3.5.0/-1,M10.5.0/0":      {"10:00 -02", "11:00 -01"},
		"AAA0BBB-2,J60/0,J300/0":               {"12:00 AAA", "14:00 BBB"},
		"AAA0BBB,59,299":                       {"12:00 AAA", "13:00 BBB"},
		"ABCDE-1FGHIJ-3:30,M3.5.0/2,M10.5.0/3": {"13:00 ABCDE", "15:30 FGHIJ"},
	} {
		zone := codec.LocalZone(tz)
		require.NotNil(t, zone, tz)
		require.Equal(t, "Local", zone.String())
		require.Equal(t, want[0], winter.In(zone).Format("15:04 MST"), tz)
		require.Equal(t, want[1], summer.In(zone).Format("15:04 MST"), tz)
	}
	change := time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC) // the Friday before the last Sunday of March, 2 o'clock
	zone := codec.LocalZone("IST-2IDT,M3.4.4/26,M10.5.0")
	require.Equal(t, "01:59 IST", change.Add(-time.Second).In(zone).Format("15:04 MST"))
	require.Equal(t, "03:00 IDT", change.In(zone).Format("15:04 MST"))
	require.Equal(t, "15:00 IDT", time.Date(1960, 7, 1, 12, 0, 0, 0, time.UTC).In(zone).Format("15:04 MST"))
}

func TestOtherValuesOfTZAreLeftToPackageTime(t *testing.T) {
	for _, tz := range []string{
		"", ":", "UTC", ":UTC", "Asia/Jerusalem", "Nowhere/At_All", "/etc/localtime", "JST", "J-9", "JST-", "JST-200",
		"JST-9x", "<JST-9", "JST-9\n", "AAA0BBB,M13.1.0,M4.1.0", "AAA0BBB,M3.1.0", "JST -9", "\x00",
	} {
		require.Nil(t, codec.LocalZone(tz), tz)
	}
}
