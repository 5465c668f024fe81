package codec

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// HasPattern says whether text holds * or ?, the only two bytes that make a
// pattern. Brackets, braces and backslashes are ordinary.
func HasPattern(text string) bool { return strings.ContainsAny(text, "*?") }

// Deep is the component of a pattern that crosses folders.
const Deep = "**"

// Match says whether one component of a path matches one of a pattern; with
// fold, in any case.
func Match(pattern, name string, fold bool) bool {
	if fold {
		pattern, name = lower(pattern), lower(name)
	}
	if strings.ContainsAny(pattern, `\[`) { // path.Match knows more than our grammar does
		pattern = strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(pattern)
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// lower is strings.ToLower that keeps bytes that are not UTF-8: two names
// that differ only there must not become one.
func lower(s string) string {
	if utf8.ValidString(s) {
		return strings.ToLower(s)
	}
	var b []byte
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError {
			b = append(b, s[i:i+n]...)
		} else {
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
		i += n
	}
	return string(b)
}
