package remotetest

import (
	"strings"
)

// StrangeNames returns names with arbitrary bytes except NUL and the separator.
func StrangeNames() []string {
	return []string{
		"with space", " in front", "behind ", "tab\there", "new\nline", "cr\r", "\x1b[31mred", "quote\"s",
		"'single'", "-rf", "--", "--really", "~", "~root",
		"*", "?", "a*b", "[1]", "{a,b}", `back\slash`, "#", "!", "$HOME", ";", "a;b", "|", "&", "e\"x\"",
		"key=value", "ümläut", "日本", "\xff\xfe", "\xc3", "...", "%s",
		strings.Repeat("x", 255), "\u202eevil", "a\xcc\x88",
	}
}
