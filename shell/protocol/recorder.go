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

// A recorder writes frames as text, one record per frame.
type recorder struct {
	to            io.Writer
	full, secrets bool // full: write whole file contents; secrets: write cookies and proofs

	mu     sync.Mutex
	failed error // the first error, after which nothing is written
}

func (r *recorder) write(w wireFrame) {
	if !r.full {
		w = w.truncated(maxContent)
	}
	if !r.secrets {
		w = w.redacted()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		_, r.failed = io.WriteString(r.to, w.recordText())
	}
}

// recordText returns the record of a frame, in the format of the cases in
// testdata/wire. The title consists of the number of the connection, the direction
// and the time:
//
//	# 1 > 2026-11-22T12:00:00.000000000Z
//	verb: DIR
//	length: 5
//	44 49 52 20 20                                   # |DIR  | verb, space
//	30 30 30 30 30 30 30 30 30 35 0a                 # |0000000005.| length 5, LF
//	6c 6f 67 73 0a                                   # |logs.| word, LF
//	expect: ok
//
// The record of a message of a dialect has its dialect and fields instead of a verb.
func (w wireFrame) recordText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %d %s %s\n", w.connection, w.arrow(), w.at.UTC().Format(codec.TimeLayout))
	fields, expect, complete := w.fields, "bad-frame", w.missingText() == ""
	switch m := w.message; {
	case m != nil:
		fmt.Fprintf(&b, "dialect: %s\nlength: %d\nfields: %s\n", m.Dialect, m.length(), m.fieldSizes())
		fields, expect, complete = m.fields, "ok", m.missingText() == ""
	case w.verb != 0:
		fmt.Fprintf(&b, "verb: %s\nlength: %d\n", w.verb, w.length)
		expect = "ok"
	}
	if !complete {
		expect = "cut"
	}
	forEachRow(fields(console.NewPalette(false)), func(row []byte, name string, _ func(string) string) {
		if len(row) == 0 {
			fmt.Fprintf(&b, "# %s\n", name)
			return
		}
		line := fmt.Sprintf("% -47x  # |%s| %s", row, asciiText(row), name)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	})
	fmt.Fprintf(&b, "expect: %s\n\n", expect)
	return b.String()
}

// parseRecords returns the frames of the records in text. Errors contain the parameter
// file, which is the file name, and the line number.
func parseRecords(file, text string) (frames []wireFrame, err error) {
	line := 1
	for block := range strings.SplitSeq(text, "\n\n") {
		if strings.TrimSpace(block) != "" {
			w, ok := parseRecord(strings.Trim(block, "\n"))
			if !ok {
				err := fmt.Errorf("%s:%d: not a record of a frame", codec.Show(file), line)
				return nil, console.WithHint(err, "wire save and techsh --wire write such files")
			}
			frames = append(frames, w)
		}
		line += strings.Count(block, "\n") + 2
	}
	return frames, nil
}

func parseRecord(block string) (w wireFrame, ok bool) {
	title, rest, _ := strings.Cut(block, "\n")
	w, ok = parseTitle(title)
	if !ok {
		return w, false
	}
	var crossed []byte
	var dialectName, sizes string
	var lengthErr error
	for line := range strings.Lines(rest) {
		line, _, _ = strings.Cut(line, "#")
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "verb":
			w.verb = codec.MakeVerb(value)
		case "length":
			w.length, lengthErr = strconv.Atoi(value)
		case "dialect":
			dialectName = value
		case "fields":
			sizes = value
		case "expect":
		default:
			row, err := hex.DecodeString(strings.ReplaceAll(key, " ", ""))
			if err != nil {
				return w, false
			}
			crossed = append(crossed, row...)
		}
	}
	if lengthErr != nil {
		return w, false
	}
	switch {
	case dialectName != "":
		m, ok := parseMessage(dialectName, w.sent, w.length, sizes, crossed)
		return wireFrame{connection: w.connection, sent: w.sent, at: w.at, message: &m}, ok
	case w.verb == 0:
		w.length, w.body = len(crossed), crossed
	case len(crossed) < codec.HeaderSize:
		return w, false
	default:
		w.body = crossed[codec.HeaderSize:]
	}
	return w, w.length >= len(w.body)
}

// parseTitle parses the title of a record.
func parseTitle(title string) (w wireFrame, ok bool) {
	words := strings.Fields(title)
	if len(words) != 4 || words[0] != "#" {
		return w, false
	}
	var numberErr, timeErr error
	w.connection, numberErr = strconv.Atoi(words[1])
	w.sent = words[2] == ">"
	w.at, timeErr = time.Parse(codec.TimeLayout, words[3])
	return w, numberErr == nil && timeErr == nil
}
