package console

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"techsh/codec"
)

// FormatSize formats a number of bytes for users: "1.2 MiB". It returns "?" for a
// negative number.
func FormatSize(n int64) string {
	if n < 0 {
		return "?"
	}
	return humanize.IBytes(uint64(n))
}

// FormatPart formats a number of bytes and the total number, both in the unit that suits
// the total: "41.2 of 100 MiB".
func FormatPart(part, whole int64) string {
	unit, name := int64(1), "B"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"} {
		if whole>>10 < unit {
			break
		}
		unit, name = unit<<10, next
	}
	number := func(n int64) string {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/float64(unit)), ".0")
	}
	return fmt.Sprintf("%s of %s %s", number(part), number(whole), name)
}

// ParseSize parses a number of bytes: 1500, 500k, 2M, 1.5GiB. All units are powers of
// 1024.
func ParseSize(text string) (int64, error) {
	number := strings.TrimRight(strings.ToLower(text), "ib")
	unit := 1.0
	if i := strings.IndexAny(number, "kmgt"); i >= 0 && i == len(number)-1 {
		unit = float64(int64(1) << (10 * (1 + strings.IndexByte("kmgt", number[i]))))
		number = number[:i]
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.Trim(number, "0123456789.") != "" || n*unit >= 1<<62 {
		return 0, errors.New("not a number of bytes")
	}
	return int64(n * unit), nil
}

// FormatElapsed formats how long something took: "9 ms", "2.1 s", "3:05".
func FormatElapsed(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return FormatClock(d)
}

// FormatClock formats a duration like a clock: "0:05", "1:00:05".
func FormatClock(d time.Duration) string {
	s := int(d.Seconds() + 0.5)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// FormatUptime formats the time since a computer was started: "1:02:03", "3 days
// 4:05".
func FormatUptime(d time.Duration) string {
	days := int(d / (24 * time.Hour))
	d -= time.Duration(days) * 24 * time.Hour
	if days > 0 {
		return fmt.Sprintf("%s %d:%02d", Count(int64(days), "day"), int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
}

// FormatSpan formats a duration in its two largest units: "3 m 12 s", "2 d 5 h". It
// uses FormatLatency for less than ten seconds.
func FormatSpan(d time.Duration) string {
	if d < 10*time.Second {
		return FormatLatency(d)
	}
	const day = 24 * time.Hour
	units := []struct {
		one  time.Duration
		name string
	}{{day, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}}
	for i, u := range units {
		if d < u.one {
			continue
		}
		text := fmt.Sprintf("%d %s", d/u.one, u.name)
		if i+1 < len(units) {
			next := units[i+1]
			text += fmt.Sprintf(" %d %s", d%u.one/next.one, next.name)
		}
		return text
	}
	return ""
}

// FormatLatency formats a duration of up to a few seconds: "0.12 ms", "4.0 ms", "1.3
// s".
func FormatLatency(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 1:
		return fmt.Sprintf("%.2f ms", ms)
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 1000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// ParseDuration parses a positive duration: 5s, 1m, or 0.5, which is in seconds.
func ParseDuration(text string) (time.Duration, bool) {
	d, err := time.ParseDuration(text)
	if err != nil {
		d, err = time.ParseDuration(text + "s")
	}
	return d, err == nil && d > 0
}

// Count formats a number and a noun: "1 file", "12 files".
func Count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// FilesInFolders formats two counts: "12 files in 2 folders".
func FilesInFolders(files, folders int64) string {
	text := Count(files, "file")
	if folders > 0 {
		text += " in " + Count(folders, "folder")
	}
	return text
}

// FormatEntrySize returns the formatted size of a regular file, and the kind of any
// other entry.
func FormatEntrySize(e codec.Entry) string {
	if e.Kind != codec.Regular {
		return e.Kind.String()
	}
	return FormatSize(e.Size)
}
