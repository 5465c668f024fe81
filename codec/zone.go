package codec

import (
	"encoding/binary"
	"strings"
	"time"
)

// LocalZone returns the location that tz, the value of the environment variable TZ,
// describes as in POSIX: "JST-9", "<+0530>-5:30" or "IST-2IDT,M3.4.4/26,M10.5.0". It
// returns nil if tz is not of that form or names a file of the time zone database, which
// package time has then loaded. A : before the text has no meaning.
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

// noZone is the name of the zone that a Location of zoneData has if its rule is invalid.
const noZone = "?"

// zoneData returns a file of the time zone database (RFC 9636) without transitions, so
// that rule, its footer, is for all times. Package time can parse such rules, but only
// there.
func zoneData(rule string) []byte {
	header := func(zones, letters uint32) []byte {
		b := append([]byte("TZif2"), make([]byte, 15+4*4)...)
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, zones), letters)
	}
	b := append(header(0, 0), header(1, uint32(len(noZone)+1))...)
	b = append(b, make([]byte, 6)...) // no offset, no daylight saving, the first name
	return append(b, noZone+"\x00\n"+rule+"\n"...)
}
