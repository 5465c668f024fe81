package dialect

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"techsh/codec"
)

// How long a client waits.
const (
	replyWithin  = 10 * time.Second       // for an answer, or for more of one: some servers give none
	repliedAfter = 150 * time.Millisecond // of quiet: until then what comes belongs to the answer
	maxReply     = 1 << 20                // bytes of a text that are kept
)

var (
	errHungUp = errors.New("the server hung up")
	errNoWord = codec.Errorf(codec.Timeout, "the server does not answer")
)

// meaning returns what a reply says, all bytes of which have come. Unframed it
// is the text of an error. Lengths are known to be too short: some servers write
// one of five digits where there is room for four, others count characters
// instead of bytes, others answer twice.
func (d Dialect) meaning(all []byte) (text string, framed bool) {
	if d.once {
		return string(all), true
	}
	var said []string
	for {
		text, rest, ok := d.first(all)
		switch {
		case !ok && len(said) == 0:
			return text, false
		case !ok:
			said[len(said)-1] += text
		default:
			said = append(said, text)
		}
		if !ok || len(rest) == 0 {
			return strings.Join(slices.Compact(said), "\n"), true
		}
		all = rest
	}
}

// first returns the text of the first message there is, and what is behind it.
func (d Dialect) first(all []byte) (text string, rest []byte, framed bool) {
	if len(all) < d.digits {
		return string(all), nil, false
	}
	length, ok := number(all[:d.digits])
	if !ok {
		return string(all), nil, false
	}
	n, body := int(length), all[d.digits:]
	if len(body) <= n || hasRunes(body, n) {
		return string(body), nil, true
	}
	if wide, ok := number(all[:d.digits+1]); ok && wide > int64(d.most) {
		if rest := body[1:]; wide == int64(len(rest)) || hasRunes(rest, int(wide)) {
			return string(rest), nil, true
		}
	}
	return string(body[:n]), body[n:], true
}

// hasRunes says whether b consists of n characters. It counts those only of what
// may.
func hasRunes(b []byte, n int) bool { return len(b) <= n*utf8.UTFMax && utf8.RuneCount(b) == n }

// refuses says whether a reply is one of the texts that the dialect has for
// what cannot be done.
func (d Dialect) refuses(text string) bool {
	for _, known := range []string{d.wrong, d.garbage} {
		if known != "" && len(text) >= len(known) && strings.EqualFold(text[:len(known)], known) {
			return true
		}
	}
	return false
}

// bad says whether a reply to what changes something sounds like a failure.
// People have their own words for it, and may repeat the parameters.
func bad(text string, params []codec.Word) bool {
	const marks = `'./\` // inside a word: of the names of files, and of n't
	apart := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(marks, r)
	}
	said := strings.ReplaceAll(strings.ToLower(unnamed(text, params)), "’", "'")
	before := ""
	for _, word := range strings.FieldsFunc(said, apart) {
		word = strings.Trim(word, marks)
		isCounted := strings.HasSuffix(word, "error") || slices.Contains([]string{"errors", "failure", "failures"}, word)
		switch {
		case isCounted && !slices.Contains([]string{"0", "no", "without"}, before):
			return true
		case before == "no" && word == "such", strings.HasSuffix(word, "n't"), slices.Contains(badWords(), word):
			return true
		}
		before = word
	}
	return false
}

func badWords() []string {
	return []string{"bad", "wrong", "errno", "exception", "fail", "fails", "failed", "invalid", "illegal", "not", "cannot", "denied", "unable", "unknown"}
}

// unnamed is a text without the parameters, with or without the folders that
// they are in.
func unnamed(text string, params []codec.Word) string {
	base := func(path string) string { return path[strings.LastIndexAny(path, `/\`)+1:] }
	var rest []string
	for _, w := range strings.Fields(text) {
		name := base(strings.Trim(w, `"'.,:;!()[]`))
		if name == "" || !slices.ContainsFunc(params, func(p codec.Word) bool { return base(p.Text) == name }) {
			rest = append(rest, w)
		}
	}
	return strings.Join(rest, " ")
}

// refusal is an error with the server's words.
func refusal(text string) error {
	if text = readable(text); text == "" {
		text = "the server says nothing"
	}
	return codec.Errorf(codec.BadRequest, "%s", text)
}

// readable is the beginning of what a server says: lines that are not blank, as
// many bytes as somebody reads.
func readable(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	const most = 1000
	if text = strings.Join(lines, "\n"); len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// header reads the first bytes of a reply: a length, or what is none, as soon
// as that is known.
func (w *wire) header(ctx context.Context, digits int, limit time.Duration) (b []byte, n int64, framed bool, err error) {
	defer arm(ctx, w.SetReadDeadline, limit)()
	for len(b) < digits {
		c, err := w.r.ReadByte()
		if err != nil {
			return b, 0, false, because(ctx, err)
		}
		if b = append(b, c); c < '0' || c > '9' {
			return b, 0, false, nil
		}
	}
	n, framed = number(b)
	return b, n, framed, nil
}

// read reads one reply and all that belongs to it; a limit of 0 is none.
func (a *asker) read(ctx context.Context, limit time.Duration) (text string, framed bool, err error) {
	w := a.wire
	if a.once {
		if err := w.await(ctx, limit); err != nil {
			return "", false, worded(err)
		}
		all, err := w.drain(ctx, repliedAfter, maxReply)
		if err == io.EOF {
			err = nil
		}
		a.show(a.answered(all, false))
		return string(all), true, worded(err)
	}
	all, n, framed, err := w.header(ctx, a.digits, limit)
	if err != nil {
		return "", false, worded(err)
	}
	if framed {
		body := make([]byte, n)
		got, err := w.fill(ctx, replyWithin, body)
		if err != nil {
			return "", false, worded(err)
		}
		all = append(all, body[:got]...)
	}
	a.replied = time.Now()
	more, err := w.drain(ctx, repliedAfter, maxReply)
	if err == io.EOF {
		err = nil // the next request finds out
	}
	all = append(all, more...)
	a.show(a.answered(all, false))
	text, framed = a.meaning(all)
	return text, framed, worded(err)
}

// worded puts the failure of a read into words.
func worded(err error) error {
	switch {
	case err == nil:
		return nil
	case isTimeout(err):
		return errNoWord
	case errors.Is(err, errGarbage):
		return codec.Errorf(codec.BadFrame, "the server does not stop sending")
	case errors.Is(err, context.Canceled):
		return err
	}
	return errHungUp
}

// unsized is an error with what a server says instead of a size.
func unsized(said string) error {
	said = strings.TrimSpace(said)
	if _, err := strconv.ParseFloat(said, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return codec.Errorf(codec.Mismatch, "the server says %q for the size, which is none", said)
	}
	return refusal(said)
}

// announced reads the answer to SEND_PHOTO up to its raw bytes, and returns how
// many those are. It is a frame with the size in decimal, also behind a frame
// of text; or four bytes, big-endian. A text alone is the error, framed or not.
func (a *asker) announced(ctx context.Context) (size int64, err error) {
	w, said := a.wire, ""
	for limit := replyWithin; ; limit = repliedAfter {
		b, n, framed, err := w.header(ctx, a.digits, limit)
		switch {
		case said != "" && (isTimeout(err) || err == io.EOF):
			return 0, unsized(said)
		case err != nil:
			return 0, worded(err)
		case !framed && b[0] == 0:
			rest := make([]byte, 4)
			if _, err := w.fill(ctx, replyWithin, rest[1:]); err != nil {
				return 0, worded(err)
			}
			size := binary.BigEndian.Uint32(rest)
			a.show(a.unframed("size", rest, 4))
			return int64(size), nil
		case !framed:
			more, _ := w.drain(ctx, repliedAfter, maxReply) // that it is cut is no matter
			a.show(a.answered(append(b, more...), false))
			return 0, refusal(said + " " + string(b) + string(more))
		}
		body := make([]byte, n)
		if _, err := w.fill(ctx, replyWithin, body); err != nil {
			return 0, worded(err)
		}
		size, ok := number(body)
		a.show(a.answered(append(b, body...), ok))
		if ok {
			return size, nil
		}
		if said += string(body) + "\n"; len(said) > maxReply {
			return 0, refusal(said)
		}
	}
}
