package shell

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// How amounts of bytes and time are written for people, and read.

// size is a number of bytes for people.
func size(n int64) string {
	if n < 0 {
		return "?"
	}
	return humanize.IBytes(uint64(n))
}

// ofSize is "41.2 of 100 MiB": both in the unit of the second.
func ofSize(part, whole int64) string {
	unit, name := int64(1), "B"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"} {
		if whole>>10 < unit {
			break
		}
		unit, name = unit<<10, next
	}
	number := func(n int64) string { return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/float64(unit)), ".0") }
	return fmt.Sprintf("%s of %s %s", number(part), number(whole), name)
}

// bytesOf reads a number of bytes: 1500, 500k, 2M, 1.5GiB. The letters mean
// powers of 1024, as in everything that is printed here.
func bytesOf(text string) (int64, error) {
	number := strings.TrimRight(strings.ToLower(text), "ib")
	unit := 1.0
	if i := strings.IndexAny(number, "kmgt"); i >= 0 && i == len(number)-1 {
		unit = float64(int64(1) << (10 * (1 + strings.IndexByte("kmgt", number[i]))))
		number = number[:i]
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.Trim(number, "0123456789.") != "" || n*unit >= 1<<62 {
		return 0, errors.New("no number of bytes")
	}
	return int64(n * unit), nil
}

// tookText is a time that has passed: 9 ms, 2.1 s, 3:05.
func tookText(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return leftText(d)
}

// leftText is a time to come: 0:05, 1:00:05.
func leftText(d time.Duration) string {
	s := int(d.Seconds() + 0.5)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
