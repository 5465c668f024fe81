package dialect

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"time"
	"unicode/utf8"
)

// A unit is what a program counts in the length of a message. Bytes are right, but many
// programs count the characters of a string before they encode it.
type unit int

const (
	byBytes unit = iota
	byRunes      // as in Python
	byUTF16      // as in Java, C# and JavaScript, where an emoji counts as two units
)

// end returns the position at which the first n units of b end. The position is after the
// end of b if b has fewer units, and -1 if b cannot be a text in UTF-8 that was counted
// in this unit.
func (u unit) end(b []byte, n int) int {
	if u == byBytes {
		return n
	}
	end := 0
	for ; n > 0; n-- {
		if !utf8.FullRune(b[end:]) {
			return len(b) + 1
		}
		r, size := utf8.DecodeRune(b[end:])
		if r == utf8.RuneError && size == 1 {
			return -1
		}
		if u == byUTF16 && size == utf8.UTFMax {
			n--
		}
		end += size
	}
	if n < 0 {
		return -1
	}
	return end
}

// hasCharacters reports whether b consists of n characters.
func hasCharacters(b []byte, n int) bool {
	return byRunes.end(b, n) == len(b) || byUTF16.end(b, n) == len(b)
}

// lengthDelay is the time to wait after a request whose length may count characters. If
// nothing follows in that time, the length counts bytes.
const lengthDelay = 500 * time.Millisecond

// complete returns the request that begins with head. head has as many bytes as the
// length of the request says, and took is the time in which they arrived. If head is not
// ASCII, the length may count characters. Then head is only a part of the request, and
// the rest still comes. If nothing or only further requests follow head, the length
// counts bytes. If the following bytes complete the request, the length counts
// characters. If neither is true, or both are, the error is errGarbage.
func (v *clientSession) complete(head string, took time.Duration) (string, error) {
	if !bytes.ContainsFunc([]byte(head), func(r rune) bool { return r >= utf8.RuneSelf }) {
		return head, nil
	}
	pause := min(max(took, lengthDelay), requestTimeout)
	deadline := time.Now().Add(requestTimeout)
	for quiet := false; ; {
		rest, _ := v.wire.r.Peek(v.wire.r.Buffered())
		all := append([]byte(head), rest...)
		ends, open := v.requestEnds(all, len(head))
		settled := quiet || !open
		switch {
		case len(ends) == 1 && settled:
			if ends[0] > len(head) {
				v.warn("a length that counts characters, not bytes", string(all[:ends[0]]))
			}
			_, err := v.wire.r.Discard(ends[0] - len(head))
			return string(all[:ends[0]]), err
		case len(ends) > 1 && settled, !open:
			return head, errGarbage
		}
		wait := pause
		if len(ends) == 0 {
			wait = time.Until(deadline)
		}
		err := v.wire.waitMore(v.ctx, wait)
		quiet = isTimeout(err) || err == io.EOF
		switch {
		case err == nil, quiet && len(ends) > 0:
		case isTimeout(err), err == bufio.ErrBufferFull:
			return head, errGarbage
		default:
			return head, err
		}
	}
}

// requestEnds returns the positions in b at which the request at the beginning of b may
// end, without duplicates. n is the length in the header of the request; its unit is
// unknown. The result open reports whether more bytes could add a position or remove one.
func (d Dialect) requestEnds(b []byte, n int) (ends []int, open bool) {
	for _, u := range []unit{byBytes, byRunes, byUTF16} {
		end := u.end(b, n)
		if end < 0 || slices.Contains(ends, end) {
			continue
		}
		if end > len(b) {
			open = true
			continue
		}
		yes, maybe := d.isRequest(b[end:])
		if u == byBytes && endsInRune(b[:end]) && byRunes.end(b, n) > len(b) {
			yes = false
		}
		if yes {
			ends = append(ends, end)
		}
		open = open || maybe
	}
	return ends, open
}

// endsInRune reports whether b ends within a character.
func endsInRune(b []byte) bool {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax); i-- {
		if utf8.RuneStart(b[i]) {
			return !utf8.FullRune(b[i:])
		}
	}
	return false
}

// isRequest examines the bytes b that follow a request. The result yes reports whether b
// is empty or begins with another request that has a known command. The result maybe
// reports whether more bytes must arrive before this is known. Line ends at the beginning
// of b, as people type them, are ignored.
func (d Dialect) isRequest(b []byte) (yes, maybe bool) {
	b = bytes.TrimLeft(b, "\r\n")
	if len(b) == 0 {
		return true, false
	}
	n := int64(d.fixed)
	header := b[:min(len(b), d.digits)]
	if d.fixed > 0 {
		header = nil
	} else {
		var ok bool
		if n, ok = parseDigits(header); !ok {
			return false, false
		}
	}
	body := b[len(header):]
	body = body[:min(int64(len(body)), n)]
	name, _, whole := bytes.Cut(body, []byte(" "))
	whole = whole || int64(len(body)) == n && (d.fixed > 0 || len(header) == d.digits)
	return whole && d.findCommand(string(name)) != nil, !whole
}
