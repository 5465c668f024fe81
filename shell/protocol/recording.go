package protocol

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"techsh/codec"
	"techsh/shell/console"
)

// A recorder writes every frame of a session as it crosses.
type recorder struct {
	to            io.Writer
	full, secrets bool // file contents, and cookies and proofs, as they are

	mu     sync.Mutex
	failed error
}

func (r *recorder) write(x wireFrame) {
	if !r.full {
		x = x.truncated(maxContent)
	}
	if !r.secrets {
		x = x.redacted()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		_, r.failed = io.WriteString(r.to, x.recordText())
	}
}

// recordText is x as a case of testdata/wire, whose title says on which connection
// it crossed, in which direction and when. What crossed in a dialect has that and
// its fields instead of a verb, each with how many of the bytes are its.
func (x wireFrame) recordText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %d %s %s\n", x.connection, x.arrow(), x.at.UTC().Format(codec.TimeLayout))
	parts, expect, whole := x.fields, "bad-frame", x.missingText() == ""
	switch m := x.message; {
	case m != nil:
		fmt.Fprintf(&b, "dialect: %s\nlength: %d\nfields: %s\n", m.Dialect, m.length(), m.fieldSizes())
		parts, expect, whole = m.fields, "ok", m.missingText() == ""
	case x.verb != 0:
		fmt.Fprintf(&b, "verb: %s\nlength: %d\n", x.verb, x.length)
		expect = "ok"
	}
	if !whole {
		expect = "cut"
	}
	forEachRow(parts(console.NewPalette(false)), func(row []byte, name string, _ func(string) string) {
		if len(row) == 0 {
			fmt.Fprintf(&b, "# %s\n", name)
			return
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("% -47x  # |%s| %s", row, ascii(row), name), " ") + "\n")
	})
	fmt.Fprintf(&b, "expect: %s\n\n", expect)
	return b.String()
}

// parseRecords reads what record has written.
func parseRecords(name, text string) (all []wireFrame, err error) {
	line := 1
	for block := range strings.SplitSeq(text, "\n\n") {
		if strings.TrimSpace(block) != "" {
			x, ok := parseRecord(strings.Trim(block, "\n"))
			if !ok {
				return nil, console.WithHint(fmt.Errorf("%s:%d: no record of a frame", codec.Show(name), line), "wire save and techsh --wire write such files")
			}
			all = append(all, x)
		}
		line += strings.Count(block, "\n") + 2
	}
	return all, nil
}

func parseRecord(block string) (x wireFrame, ok bool) {
	title, rest, _ := strings.Cut(block, "\n")
	f := strings.Fields(title)
	if len(f) != 4 || f[0] != "#" {
		return x, false
	}
	var errs [4]error
	x.connection, errs[0] = strconv.Atoi(f[1])
	x.sent = f[2] == ">"
	x.at, errs[1] = time.Parse(codec.TimeLayout, f[3])
	var wire []byte
	var spoken, fields string
	for line := range strings.Lines(rest) {
		line, _, _ = strings.Cut(line, "#")
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "verb":
			x.verb = codec.MakeVerb(value)
		case "length":
			x.length, errs[2] = strconv.Atoi(value)
		case "dialect":
			spoken = value
		case "fields":
			fields = value
		case "expect":
		default:
			var row []byte
			row, err := hex.DecodeString(strings.ReplaceAll(key, " ", ""))
			if err != nil {
				return x, false
			}
			wire = append(wire, row...)
		}
	}
	x.body = wire
	if spoken != "" {
		m, ok := parseMessage(spoken, x.sent, x.length, fields, wire)
		return wireFrame{connection: x.connection, sent: x.sent, at: x.at, message: &m}, ok && errs == [4]error{}
	} else if x.verb == 0 {
		x.length = len(wire)
	} else if len(wire) < codec.HeaderSize {
		return x, false
	} else {
		x.body = wire[codec.HeaderSize:]
	}
	return x, errs == [4]error{} && x.length >= len(x.body)
}
