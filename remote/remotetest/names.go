package remotetest

import (
	"path/filepath"
	"slices"
	"strings"
)

// StrangeNames returns names with arbitrary bytes except NUL and the separator. It leaves
// out names that files cannot have on this system.
func StrangeNames() []string {
	all := []string{
		"with space", " in front", "behind ", "tab\there", "new\nline", "cr\r", "\x1b[31mred", "quote\"s",
		"'single'", "-rf", "--", "--really", "~", "~root",
		"*", "?", "a*b", "[1]", "{a,b}", `back\slash`, "#", "!", "$HOME", ";", "a;b", "|", "&", "e\"x\"",
		"key=value", "ümläut", "日本", "\xff\xfe", "\xc3", "...", "%s",
		strings.Repeat("x", 255), "\u202eevil", "a\xcc\x88",
	}
	return slices.DeleteFunc(all, func(name string) bool { return !CanName(name) || filepath.Base(name) != name })
}
