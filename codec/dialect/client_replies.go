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

	"techsh/codec"
)

// The time limits of a client.
const (
	replyTimeout = 10 * time.Second       // for an answer or the rest of one, since some servers never answer
	quietDelay   = 150 * time.Millisecond // data that comes within this time belongs to the answer
	maxReply     = 1 << 20                // the limit for a text reply, in bytes
)

var (
	errHungUp  = errors.New("the server hung up")
	errNoReply = codec.Errorf(codec.Timeout, "the server does not answer")
)

// parseReply returns the text of a complete reply. framed is false if the reply has no
// length; the whole reply is then an error text. The length may be too small, because
// some servers write five digits instead of four, others count characters instead of
// bytes, and others send two messages.
func (d Dialect) parseReply(all []byte) (text string, framed bool) {
	if d.once {
		return string(all), true
	}
	var said []string
	for {
		text, rest, ok := d.firstMessage(all)
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

// firstMessage returns the text of the first message of a reply, and the bytes after that
// message. framed is false if the reply does not begin with a length.
func (d Dialect) firstMessage(all []byte) (text string, rest []byte, framed bool) {
	if len(all) < d.digits {
		return string(all), nil, false
	}
	length, ok := parseDigits(all[:d.digits])
	if !ok {
		return string(all), nil, false
	}
	n, body := int(length), all[d.digits:]
	if len(body) <= n || hasCharacters(body, n) {
		return string(body), nil, true
	}
	if wide, ok := parseDigits(all[:d.digits+1]); ok && wide > int64(d.most) {
		if rest := body[1:]; wide == int64(len(rest)) || hasCharacters(rest, int(wide)) {
			return string(rest), nil, true
		}
	}
	for _, u := range []unit{byBytes, byRunes, byUTF16} {
		end := u.end(body, n)
		if end < 0 || end+d.digits > len(body) {
			continue
		}
		if _, ok := parseDigits(body[end : end+d.digits]); ok { // another message follows
			return string(body[:end]), body[end:], true
		}
	}
	return string(body[:n]), body[n:], true
}

// isRefusal reports whether a reply is an error text of the dialect.
func (d Dialect) isRefusal(text string) bool {
	for _, known := range []string{d.wrong, d.garbage} {
		if known != "" && len(text) >= len(known) && strings.EqualFold(text[:len(known)], known) {
			return true
		}
	}
	return false
}

// soundsLikeFailure reports whether the reply to a change sounds like a failure. Servers
// word failures differently and may repeat the parameters.
func soundsLikeFailure(text string, params []codec.Word) bool {
	const marks = `'./\` // may be part of a word, such as a file name
	apart := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(marks, r)
	}
	said := strings.ReplaceAll(strings.ToLower(withoutNames(text, params)), "’", "'")
	before := ""
	for _, word := range strings.FieldsFunc(said, apart) {
		word = strings.Trim(word, marks)
		isCounted := strings.HasSuffix(word, "error") || word == "errors" || word == "failure" ||
			word == "failures"
		switch {
		case isCounted && !slices.Contains([]string{"0", "no", "without"}, before):
			return true
		case before == "no" && word == "such", strings.HasSuffix(word, "n't"),
			slices.Contains(failureWords(), word):
			return true
		}
		before = word
	}
	return false
}

func failureWords() []string {
	return []string{
		"bad", "wrong", "errno", "exception", "fail", "fails", "failed", "invalid", "illegal", "not",
		"cannot", "denied", "unable", "unknown",
	}
}

// withoutNames removes the parameters from a text. It ignores folders: it removes each
// word whose last path element is that of a parameter.
func withoutNames(text string, params []codec.Word) string {
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

// replyError returns an error with a text from the server.
func replyError(text string) error {
	if text = excerpt(text); text == "" {
		text = "the server says nothing"
	}
	return codec.Errorf(codec.BadRequest, "%s", text)
}

// excerpt returns the beginning of a text from the server, without blank lines.
func excerpt(text string) string {
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

// readHeader reads the length at the beginning of a reply. It returns the bytes that it
// has read, and the length n. It stops at the first byte that is not a digit; framed is
// then false.
func (w *timedConn) readHeader(ctx context.Context, digits int, limit time.Duration) (
	b []byte, n int64, framed bool, err error,
) {
	defer setTimeout(ctx, w.SetReadDeadline, limit)()
	for len(b) < digits {
		c, err := w.r.ReadByte()
		if err != nil {
			return b, 0, false, causeOf(ctx, err)
		}
		if b = append(b, c); c < '0' || c > '9' {
			return b, 0, false, nil
		}
	}
	n, framed = parseDigits(b)
	return b, n, framed, nil
}

// readReply reads one reply and the data that follows it within quietDelay. A limit of 0
// means no limit.
func (a *client) readReply(ctx context.Context, limit time.Duration) (text string, framed bool, err error) {
	w := a.wire
	if a.once {
		if err := w.waitReadable(ctx, limit); err != nil {
			return "", false, readError(err)
		}
		all, err := w.drain(ctx, quietDelay, maxReply)
		if err == io.EOF {
			err = nil
		}
		a.show(a.replyMessage(all, false))
		return string(all), true, readError(err)
	}
	all, n, framed, err := w.readHeader(ctx, a.digits, limit)
	if err != nil {
		return "", false, readError(err)
	}
	if framed {
		body := make([]byte, n)
		got, err := w.readFull(ctx, replyTimeout, body)
		if err != nil {
			return "", false, readError(err)
		}
		all = append(all, body[:got]...)
	}
	a.replied = time.Now()
	more, err := w.drain(ctx, quietDelay, maxReply)
	if err == io.EOF {
		err = nil // the next request reports the end
	}
	all = append(all, more...)
	a.show(a.replyMessage(all, false))
	text, framed = a.parseReply(all)
	return text, framed, readError(err)
}

// readError replaces the error of a failed read with one that has a text for people.
func readError(err error) error {
	switch {
	case err == nil:
		return nil
	case isTimeout(err):
		return errNoReply
	case errors.Is(err, errGarbage):
		return codec.Errorf(codec.BadFrame, "the server does not stop sending")
	case errors.Is(err, context.Canceled):
		return err
	}
	return errHungUp
}

// sizeError returns the error for a text that the server has sent instead of a size.
func sizeError(said string) error {
	said = strings.TrimSpace(said)
	if _, err := strconv.ParseFloat(said, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return codec.Errorf(codec.Mismatch, "the server sent %q, which is not a size", said)
	}
	return replyError(said)
}

// readSize reads the answer to SEND_PHOTO or SEND_FILE up to the raw bytes and returns
// their number. The number is sent as a message with decimal digits, possibly after a
// message with a text, or as four bytes in big-endian order. If the answer is only a
// text, with or without a length, readSize returns it as an error.
func (a *client) readSize(ctx context.Context) (size int64, err error) {
	w, said := a.wire, ""
	for limit := replyTimeout; ; limit = quietDelay {
		b, n, framed, err := w.readHeader(ctx, a.digits, limit)
		switch {
		case said != "" && (isTimeout(err) || err == io.EOF):
			return 0, sizeError(said)
		case err != nil:
			return 0, readError(err)
		case !framed && b[0] == 0:
			rest := make([]byte, 4)
			if _, err := w.readFull(ctx, replyTimeout, rest[1:]); err != nil {
				return 0, readError(err)
			}
			size := binary.BigEndian.Uint32(rest)
			a.show(a.rawMessage("size", rest, 4))
			return int64(size), nil
		case !framed:
			more, _ := w.drain(ctx, quietDelay, maxReply) // the first read may have ended inside the answer
			a.show(a.replyMessage(append(b, more...), false))
			return 0, replyError(said + " " + string(b) + string(more))
		}
		body := make([]byte, n)
		if _, err := w.readFull(ctx, replyTimeout, body); err != nil {
			return 0, readError(err)
		}
		size, ok := parseDigits(body)
		a.show(a.replyMessage(append(b, body...), ok))
		if ok {
			return size, nil
		}
		if said += string(body) + "\n"; len(said) > maxReply {
			return 0, replyError(said)
		}
	}
}
