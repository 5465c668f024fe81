package codec

import (
	"encoding/binary"
	"strings"
	"time"
)

// LocalZone returns the location for tz, the value of the environment variable TZ, if it
// has the form that POSIX defines: "JST-9", "<+0530>-5:30" or
// "IST-2IDT,M3.4.4/26,M10.5.0". It returns nil for any other text. It also returns nil
// for the name of a file of the time zone database, because package time loads that file
// itself. A colon before the text is ignored.
func LocalZone(tz string) *time.Location {
	tz = strings.TrimPrefix(tz, ":")
	isOther := func(r rune) bool { return r <= ' ' || r > '~' }
	if _, err := time.LoadLocation(tz); err == nil || strings.ContainsFunc(tz, isOther) {
		return nil
	}
	zone, err := time.LoadLocationFromTZData("Local", zoneData(tz))
	if err != nil {
		return nil
	}
	if name, _ := time.Unix(0, 0).In(zone).Zone(); name == noZone {
		return nil
	}
	return zone
}

// noZone is the name of the time zone in a Location made from zoneData if the rule is
// invalid.
const noZone = "?"

// zoneData returns a file of the time zone database (RFC 9636) that has no transitions
// and has rule as its footer, so that rule applies to all times. Package time can parse
// such rules only in these files.
func zoneData(rule string) []byte {
	header := func(zones, letters uint32) []byte {
		b := append([]byte("TZif2"), make([]byte, 15+4*4)...)
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, zones), letters)
	}
	b := append(header(0, 0), header(1, uint32(len(noZone)+1))...)
	b = append(b, make([]byte, 6)...) // offset 0, no daylight saving time, index 0 of the names
	return append(b, noZone+"\x00\n"+rule+"\n"...)
}
