package codec

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"
	"time"
)

// parseNoun parses line, which consists of words, as many as the parameter need says, and
// then pairs. It passes the words and the pairs to the function read, which returns the
// result. line must be exactly what the String method of the result returns. The
// parameter what is the name of the result in errors.
func parseNoun[T fmt.Stringer](
	line, what string, need int, read func(words []Word, pairs Pairs) (T, bool),
) (T, error) {
	var none T
	words, err := Split(line)
	if err != nil {
		return none, err
	}
	if len(words) < need {
		return none, Errorf(
			BadRequest, "a %s needs %d words, not %d: %s", what, need, len(words),
			quoteBytes([]byte(line)),
		)
	}
	var pairs Pairs
	if len(words) > need {
		if pairs, err = ParsePairs(words[need:]); err != nil {
			return none, err
		}
	}
	v, ok := read(words, pairs)
	if !ok || v.String() != line {
		return none, Errorf(BadRequest, "%s is not %s", quoteBytes([]byte(line)), what)
	}
	return v, nil
}

func wordOrDash(s string) string {
	if s == "" {
		return "-"
	}
	return string(AppendQuote(nil, s, true))
}

func textOrDash(w Word) string {
	if w.Text == "-" && !w.Quoted {
		return ""
	}
	return w.Text
}

// sizeOrDash returns a number of bytes as text, or "-" if it is Unknown. parseSize does
// the reverse.
func sizeOrDash(n int64) string {
	if n < 0 {
		return "-"
	}
	return strconv.FormatInt(n, 10)
}

func parseSize(w Word) (n int64, ok bool) {
	if w.Text == "-" {
		return Unknown, true
	}
	return ParseNumber(w.Text)
}

// A Host is a computer and the user that the server runs as. On the wire it is one line,
//
//	SYSTEM VERSION MACHINE HOST USER UPTIME [PAIR…]
//
// such as `linux "Debian GNU/Linux 12" amd64 office-pc ann 86400`.
type Host struct {
	System  string // linux, windows, darwin, …
	Version string // the name and version of the system
	Machine string // amd64, arm64, …
	Name    string
	User    string
	Uptime  time.Duration // whole seconds; 0 means unknown
	More    Pairs
}

// String returns the line of h without LF.
func (h Host) String() string {
	up := "-"
	if s := int64(h.Uptime / time.Second); s > 0 {
		up = strconv.FormatInt(s, 10)
	}
	line := strings.Join([]string{
		wordOrDash(h.System), wordOrDash(h.Version), wordOrDash(h.Machine),
		wordOrDash(h.Name), wordOrDash(h.User), up,
	}, " ")
	return string(appendPairs([]byte(line), h.More))
}

// ParseHost parses the line that String returns.
func ParseHost(line string) (Host, error) {
	return parseNoun(line, "a host", 6, func(w []Word, pairs Pairs) (Host, bool) {
		up, _ := ParseNumber(w[5].Text)
		return Host{
			textOrDash(w[0]), textOrDash(w[1]), textOrDash(w[2]), textOrDash(w[3]), textOrDash(w[4]),
			time.Duration(up) * time.Second, pairs,
		}, up < 1<<33
	})
}

// A Display is one screen. On the wire it is one line,
//
//	NUMBER WxH X,Y NAME [PAIR…]
//
// such as `1 1920x1080 0,0 - primary=yes`. Displays are numbered from 1. X and Y may be
// negative.
type Display struct {
	Number int
	Bounds image.Rectangle // in pixels, on the desktop that all displays share
	Name   string
	More   Pairs
}

// String returns the line of d without LF.
func (d Display) String() string {
	line := fmt.Sprintf(
		"%d %dx%d %d,%d %s", d.Number, d.Bounds.Dx(), d.Bounds.Dy(), d.Bounds.Min.X, d.Bounds.Min.Y,
		wordOrDash(d.Name),
	)
	return string(appendPairs([]byte(line), d.More))
}

// ParseDisplay parses the line that String returns.
func ParseDisplay(line string) (Display, error) {
	return parseNoun(line, "a display", 4, func(words []Word, pairs Pairs) (Display, bool) {
		var n, w, h, x, y int
		text := words[0].Text + " " + words[1].Text + " " + words[2].Text
		if _, err := fmt.Sscanf(text, "%d %dx%d %d,%d", &n, &w, &h, &x, &y); err != nil {
			return Display{}, false
		}
		const far = 1 << 20 // no desktop is a million pixels wide
		ok := n > 0 && w > 0 && h > 0 && w < far && h < far && -far < x && x < far && -far < y && y < far
		return Display{n, image.Rect(x, y, x+w, y+h), textOrDash(words[3]), pairs}, ok
	})
}

// A Volume is a file system that holds files of users. On the wire it is one line,
//
//	MOUNT TYPE SIZE FREE [PAIR…]
//
// such as `/home ext4 270582939648 83751862272 used=173007536128`.
type Volume struct {
	Mount string // the folder where it is mounted, in the style of the remote
	Type  string // ext4, ntfs, apfs, …
	Size  int64  // in bytes, or Unknown
	Free  int64  // the bytes that the user may still fill, or Unknown
	More  Pairs
}

// Used returns the number of bytes that files take. If a part of the volume is reserved
// for the system, Used and Free together are less than Size. If v has no pair used=, Used
// assumes that nothing is reserved.
func (v Volume) Used() int64 {
	if used, ok := v.More.Int("used"); ok {
		return used
	}
	return max(0, v.Size-v.Free)
}

// UsedPercent returns 100 * Used / (Used + Free), rounded up, or Unknown.
func (v Volume) UsedPercent() int64 {
	used, free := float64(v.Used()), float64(v.Free)
	if v.Size <= 0 || free < 0 || used+free == 0 {
		return Unknown
	}
	return int64(math.Ceil(100 * used / (used + free)))
}

// String returns the line of v without LF.
func (v Volume) String() string {
	line := strings.Join([]string{
		wordOrDash(v.Mount), wordOrDash(v.Type), sizeOrDash(v.Size), sizeOrDash(v.Free),
	}, " ")
	return string(appendPairs([]byte(line), v.More))
}

// ParseVolume parses the line that String returns.
func ParseVolume(line string) (Volume, error) {
	return parseNoun(line, "a volume", 4, func(w []Word, pairs Pairs) (Volume, bool) {
		size, ok1 := parseSize(w[2])
		free, ok2 := parseSize(w[3])
		return Volume{textOrDash(w[0]), textOrDash(w[1]), size, free, pairs}, ok1 && ok2
	})
}

// Version is the version of the protocol in this package.
const Version = "techsh/1"

// A Hello is the body of the server's HELO: VERSION… and pairs.
type Hello struct {
	Versions []string
	Session  string
	System   string
	Host     string
	User     string
	Cwd      string   // the folder of the session, in the style of the remote
	Verbs    []string // the verbs that the client may call
	More     Pairs
}

// Words returns the body of h.
func (h Hello) Words() []Word {
	words := Lits(h.Versions...)
	pairs := Pairs{
		{"session", h.Session},
		{"system", h.System},
		{"host", h.Host},
		{"user", h.User},
		{"cwd", h.Cwd},
		{"verbs", strings.Join(h.Verbs, ",")},
	}
	return append(append(words, pairs.Words()...), h.More.Words()...)
}

// ParseHello parses the words of the server's HELO, which must offer Version.
func ParseHello(words []Word) (Hello, error) {
	var h Hello
	for len(words) > 0 && !strings.Contains(words[0].Text, "=") {
		h.Versions = append(h.Versions, words[0].Text)
		words = words[1:]
	}
	pairs, err := ParsePairs(words)
	if err != nil {
		return h, err
	}
	for _, p := range pairs {
		switch p.Key {
		case "session":
			h.Session = p.Value
		case "system":
			h.System = p.Value
		case "host":
			h.Host = p.Value
		case "user":
			h.User = p.Value
		case "cwd":
			h.Cwd = p.Value
		case "verbs":
			if p.Value != "" {
				h.Verbs = strings.Split(p.Value, ",")
			}
		default:
			h.More = append(h.More, p)
		}
	}
	for _, v := range h.Versions {
		if v == Version {
			return h, nil
		}
	}
	return h, Errorf(Unsupported, "it speaks %s, not %s", strings.Join(h.Versions, " "), Version)
}
