package codec

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// HasPattern reports whether text contains * or ?, the only characters that make a
// pattern. Brackets, braces and backslashes have no special meaning.
func HasPattern(text string) bool { return strings.ContainsAny(text, "*?") }

// Deep is the component of a pattern that matches any number of folders.
const Deep = "**"

// Match reports whether name, one component of a path, matches one component of a
// pattern. If fold is true, case is ignored.
func Match(pattern, name string, fold bool) bool {
	if fold {
		pattern, name = lower(pattern), lower(name)
	}
	if strings.ContainsAny(pattern, `\[`) { // only path.Match gives them a special meaning
		pattern = strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(pattern)
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// lower is like strings.ToLower, but keeps bytes that are not UTF-8, so that names that
// differ only in these bytes stay different.
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
