package landing

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"techsh/codec"
)

// Names on Windows. This file is for every system, so that it is tested on every system.

// checkWindowsName refuses names that Windows does not store unchanged.
func checkWindowsName(name string) error {
	if err := checkWindowsLength(name); err != nil {
		return err
	}
	for i := range len(name) {
		if c := name[i]; c < 0x20 || strings.IndexByte(`<>:"/\|?*`, c) >= 0 {
			return codec.Errorf(codec.BadName, "a name on Windows must not contain %q", c)
		}
	}
	if last := name[len(name)-1]; last == '.' || last == ' ' {
		return codec.Errorf(codec.BadName, "a name on Windows must not end in %q", last)
	}
	base, _, _ := strings.Cut(strings.ToUpper(name), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return codec.Errorf(codec.BadName, "%s is a device on Windows", base)
	}
	if port, ok := strings.CutPrefix(base, "COM"); ok && isPort(port) {
		return codec.Errorf(codec.BadName, "%s is a device on Windows", base)
	}
	if port, ok := strings.CutPrefix(base, "LPT"); ok && isPort(port) {
		return codec.Errorf(codec.BadName, "%s is a device on Windows", base)
	}
	return nil
}

func isPort(s string) bool {
	switch s {
	case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³":
		return true
	}
	return false
}

// checkWindowsLength refuses a name that is too long, or that is not Unicode, which
// Windows would change.
func checkWindowsLength(name string) error {
	switch n, ok := utf16Length(name); {
	case !ok:
		return codec.Errorf(codec.BadName, "a name on Windows must be valid UTF-8")
	case n > MaxName:
		return codec.Errorf(codec.BadName, "a name of %d UTF-16 units, the limit on Windows is %d", n, MaxName)
	}
	return nil
}

// utf16Length returns the number of UTF-16 units of name. It reports false if name is not
// WTF-8: UTF-8 that may also have surrogates without their other half, as names on Windows
// may.
func utf16Length(name string) (n int, ok bool) {
	high := false // the last character was the first half of a pair
	for name != "" {
		c, size := utf8.DecodeRuneInString(name)
		n += utf16.RuneLen(c)
		wasHigh := high
		high = false
		if c == utf8.RuneError && size == 1 {
			if len(name) < 3 || name[0] != 0xED || name[1]&0xE0 != 0xA0 || name[2]&0xC0 != 0x80 {
				return 0, false
			}
			size, high = 3, name[1] < 0xB0
			if wasHigh && !high {
				return 0, false // together they have another encoding
			}
		}
		name = name[size:]
	}
	return n, true
}
