package codec

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// Unknown is the value of an unknown mode or size, which is "-" on the wire.
const Unknown = -1

// A Kind is the kind of an Entry.
type Kind byte

// The kinds.
const (
	Regular Kind = 'f'
	Folder  Kind = 'd'
	Link    Kind = 'l'
	Pipe    Kind = 'p'
	Socket  Kind = 's'
	Block   Kind = 'b'
	Char    Kind = 'c'
)

// String returns the name of the kind.
func (k Kind) String() string {
	switch k {
	case Regular:
		return "file"
	case Folder:
		return "folder"
	case Link:
		return "link"
	case Pipe:
		return "pipe"
	case Socket:
		return "socket"
	case Block, Char:
		return "device"
	}
	return "unknown"
}

// An Entry is a file or a folder. On the wire it is one line of words,
//
//	KIND MODE SIZE TIME NAME [TARGET] [PAIR…]
//
// such as `f 0644 1234 2026-11-22T12:00:00.123456789Z notes.txt`.
type Entry struct {
	Kind   Kind
	Mode   int       // permission bits, or Unknown
	Size   int64     // in bytes, or Unknown
	Time   time.Time // the time of the last change, or the zero Time if unknown
	Name   string    // any bytes
	Target string    // the target of a link, or "" if unknown
	More   Pairs
}

// Append appends e as a line without LF.
func (e *Entry) Append(dst []byte) []byte {
	dst = append(dst, byte(e.Kind), ' ')
	if e.Mode < 0 {
		dst = append(dst, '-', ' ')
	} else {
		m := e.Mode
		dst = append(dst, byte('0'+m>>9&7), byte('0'+m>>6&7), byte('0'+m>>3&7), byte('0'+m&7), ' ')
	}
	if e.Size < 0 {
		dst = append(dst, '-')
	} else {
		dst = strconv.AppendInt(dst, e.Size, 10)
	}
	dst = append(dst, ' ')
	dst = appendTime(dst, e.Time)
	dst = append(dst, ' ')
	dst = AppendQuote(dst, e.Name, true)
	if e.Kind == Link {
		dst = append(dst, ' ')
		if e.Target == "" {
			dst = append(dst, '-')
		} else {
			dst = AppendQuote(dst, e.Target, true)
		}
	}
	return appendPairs(dst, e.More)
}

// String returns the line of e.
func (e *Entry) String() string { return string(e.Append(nil)) }

// ParseEntry parses a line without its LF. It accepts only the spelling that Append
// writes.
func ParseEntry(line string) (Entry, error) {
	e := Entry{Mode: Unknown, Size: Unknown}
	var field [4]string
	rest := line
	for i := range field {
		var ok bool
		if field[i], rest, ok = strings.Cut(rest, " "); !ok {
			return e, Errorf(
				BadRequest, "an entry needs kind, mode, size, time and name, not %s",
				quoteBytes([]byte(line)),
			)
		}
	}
	if len(field[0]) != 1 || Kind(field[0][0]).String() == "unknown" {
		return e, Errorf(BadRequest, "%s is not a kind of entry: f d l p s b c", quoteBytes([]byte(field[0])))
	}
	e.Kind = Kind(field[0][0])
	ok := true
	if m := field[1]; m != "-" {
		if len(m) != 4 {
			return e, Errorf(BadRequest, "the mode %s is not 4 octal digits", quoteBytes([]byte(m)))
		}
		e.Mode = 0
		for _, c := range []byte(m) {
			ok = ok && c >= '0' && c <= '7'
			e.Mode = e.Mode<<3 | int(c-'0')
		}
	}
	if field[2] != "-" && ok {
		e.Size, ok = ParseNumber(field[2])
	}
	if !ok {
		return e, Errorf(
			BadRequest, "the mode %s or the size %s is no number", quoteBytes([]byte(field[1])),
			quoteBytes([]byte(field[2])),
		)
	}
	if e.Time, ok = parseTime(field[3]); !ok {
		return e, Errorf(
			BadRequest, "%s is no time like 2026-11-22T12:00:00.123456789Z",
			quoteBytes([]byte(field[3])),
		)
	}
	if err := e.parseName(rest); err != nil {
		return e, err
	}
	var buf [512]byte
	if again := e.Append(buf[:0]); string(again) != line {
		return e, Errorf(
			BadRequest, "an entry has one spelling only: %s, not %s", quoteBytes(again),
			quoteBytes([]byte(line)),
		)
	}
	return e, nil
}

// parseName parses the part of the line after the time: NAME [TARGET] [PAIR…].
func (e *Entry) parseName(rest string) error {
	if e.Kind != Link && rest != "" && !strings.ContainsAny(rest, " \t\"'") {
		e.Name = rest // one bare word, as in most lines of a long listing
		return nil
	}
	words, err := Split(rest)
	if err != nil {
		return err
	}
	need := 1
	if e.Kind == Link {
		need = 2
	}
	if len(words) < need || words[0].Text == "" {
		return Errorf(BadRequest, "an entry needs a name, and a link its target: %s", quoteBytes([]byte(rest)))
	}
	e.Name = words[0].Text
	if e.Kind == Link {
		e.Target = textOrDash(words[1])
	}
	if len(words) > need {
		e.More, err = ParsePairs(words[need:])
	}
	return err
}

// Entry parses the body of a FILE.
func (f Frame) Entry() (Entry, error) {
	line, err := f.Line()
	if err != nil {
		return Entry{}, err
	}
	return ParseEntry(line)
}

// Entries parses the body of a DATA frame of a listing, which consists of whole lines. It
// calls the function each with every entry.
func Entries(body []byte, each func(Entry) error) error {
	for len(body) > 0 {
		i := bytes.IndexByte(body, '\n')
		if i < 0 {
			return Errorf(BadFrame, "the last line has no LF")
		}
		e, err := ParseEntry(string(body[:i]))
		if err == nil {
			err = each(e)
		}
		if err != nil {
			return err
		}
		body = body[i+1:]
	}
	return nil
}

// TimeLayout is RFC 3339 with nine decimals. In nouns a time is in UTC.
const TimeLayout = "2006-01-02T15:04:05.000000000Z07:00"

// timeSize is the length of a time in UTC.
const timeSize = len("2006-01-02T15:04:05.000000000Z")

// OldestTime returns the earliest time that an entry can have. It stands for earlier
// times too.
func OldestTime() time.Time { return time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC) }

// NewestTime returns the latest time that an entry can have. It stands for later times
// too.
func NewestTime() time.Time { return time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) }

// appendTime appends t in UTC with TimeLayout, or "-". It is faster than time.Format,
// which matters for long listings. parseTime is likewise faster than time.Parse.
func appendTime(dst []byte, t time.Time) []byte {
	switch t = t.UTC(); {
	case t.IsZero():
		return append(dst, '-')
	case t.Year() < 0:
		t = OldestTime()
	case t.Year() > 9999:
		t = NewestTime()
	}
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	for _, part := range [7]struct {
		n, width int
		end      byte
	}{
		{year, 4, '-'},
		{int(month), 2, '-'},
		{day, 2, 'T'},
		{hour, 2, ':'},
		{minute, 2, ':'},
		{second, 2, '.'},
		{t.Nanosecond(), 9, 'Z'},
	} {
		dst = append(dst, "000000000"[:part.width]...)
		for i := len(dst) - 1; part.n > 0; i-- {
			dst[i] = byte('0' + part.n%10)
			part.n /= 10
		}
		dst = append(dst, part.end)
	}
	return dst
}

func parseTime(s string) (time.Time, bool) {
	if s == "-" {
		return time.Time{}, true
	}
	if len(s) != timeSize {
		return time.Time{}, false
	}
	var num [7]int
	for i, field := range [7][2]int{{0, 4}, {5, 7}, {8, 10}, {11, 13}, {14, 16}, {17, 19}, {20, 29}} {
		for _, c := range []byte(s[field[0]:field[1]]) {
			if c < '0' || c > '9' {
				return time.Time{}, false
			}
			num[i] = num[i]*10 + int(c-'0')
		}
	}
	if s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' ||
		s[29] != 'Z' {
		return time.Time{}, false
	}
	t := time.Date(num[0], time.Month(num[1]), num[2], num[3], num[4], num[5], num[6], time.UTC)
	// unlike time.Date, this refuses the 31st of February and 25 o'clock
	_, month, day := t.Date()
	hour, minute, second := t.Clock()
	ok := [5]int{int(month), day, hour, minute, second} == [5]int(num[1:6])
	return t, ok && !t.IsZero()
}
