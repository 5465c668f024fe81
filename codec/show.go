package codec

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Show makes text from the remote safe for a terminal, a prompt or a log: visible runes
// stay, everything else becomes \xNN or \u{…}. All text from the remote must pass through
// Show, ShowLines, ShowOutput or Name before it is displayed.
func Show(s string) string { return showExcept(s, "") }

// ShowLines is like Show, for the output of programs, but keeps LF and TAB. It also keeps
// a CR that is followed by LF.
func ShowLines(s string) string {
	if strings.Contains(s, "\r\n") {
		parts := strings.Split(s, "\r\n")
		for i, p := range parts {
			parts[i] = showExcept(p, "\n\t")
		}
		return strings.Join(parts, "\r\n")
	}
	return showExcept(s, "\n\t")
}

// ShowOutput is like Show, for the output of programs, but keeps LF, TAB and CR. Programs
// use CR to go back to the beginning of a line.
func ShowOutput(s string) string { return showExcept(s, "\n\t\r") }

func showExcept(s, keep string) string {
	clean := true
	for i, r := range s {
		if r == utf8.RuneError || !Visible(s[:i], r, s[i+utf8.RuneLen(r):]) && !strings.ContainsRune(keep, r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case Visible(s[:i], r, s[i+n:]) || strings.ContainsRune(keep, r):
			b.WriteString(s[i : i+n])
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
		i += n
	}
	return b.String()
}

// Visible reports whether a person can see r. before and after are the texts around r.
// Visible is like unicode.IsPrint, but false for characters that look like blanks, and
// for those with the property Default_Ignorable_Code_Point that are not part of an emoji.
func Visible(before string, r rune, after string) bool {
	if r < utf8.RuneSelf {
		return ' ' <= r && r < 0x7f
	}
	if unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == joiner {
		return needsInvisible(before, r, after)
	}
	const brailleBlank, nullNotehead = '\u2800', '\U0001d159'
	return unicode.IsPrint(r) && r != brailleBlank && r != nullNotehead
}
