package codec

import (
	"path"
	"strings"
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
		pattern, name = strings.ToLower(pattern), strings.ToLower(name)
	}
	// path.Match knows more than our grammar does: what is ordinary is escaped
	ok, err := path.Match(strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(pattern), name)
	return ok && err == nil
}
