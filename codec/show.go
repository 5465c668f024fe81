package codec

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Show makes text from the remote safe for a terminal, a prompt or a log: printable runes
// stay, everything else becomes \xNN or \u{…}. All text from the remote that is displayed
// passes through it, through ShowLines or through Name.
func Show(s string) string { return showExcept(s, "") }

// ShowLines is like Show, for the output of programs: it keeps LF, TAB, and CR before LF.
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

func showExcept(s, keep string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || !printable(r) && !strings.ContainsRune(keep, r) {
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
		case printable(r) || strings.ContainsRune(keep, r):
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

// printable is like unicode.IsPrint, but excludes invisible runes.
func printable(r rune) bool {
	switch r {
	case '\u3164', '\u115f', '\u1160', '\uffa0', '\u2800':
		return false
	}
	return unicode.IsPrint(r)
}
