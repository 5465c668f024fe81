// Package winname has the rules for names of files, and for symbolic links, on Windows. It
// works on every system.
package winname

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"techsh/codec"
)

// MaxName is the largest number of UTF-16 units in a name.
const MaxName = 255

// Check refuses names that Windows does not store unchanged.
func Check(name string) error {
	if err := CheckLength(name); err != nil {
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

// CheckLength refuses a name that is too long. It also refuses a name that is not
// Unicode, because Windows would change it.
func CheckLength(name string) error {
	switch units, ok := AppendUTF16(nil, name); {
	case !ok:
		return codec.Errorf(codec.BadName, "a name on Windows must be valid UTF-8")
	case len(units) > MaxName:
		return codec.Errorf(
			codec.BadName, "a name of %d UTF-16 units, the limit on Windows is %d", len(units), MaxName,
		)
	}
	return nil
}

// AppendUTF16 appends name in UTF-16. ok is false if name is not WTF-8. WTF-8 is UTF-8
// that can also contain surrogates without their other half, because names on Windows can
// contain them.
func AppendUTF16(units []uint16, name string) (_ []uint16, ok bool) {
	high := false // the last character was the first half of a pair
	for name != "" {
		c, size := utf8.DecodeRuneInString(name)
		wasHigh := high
		high = false
		if c == utf8.RuneError && size == 1 {
			if len(name) < 3 || name[0] != 0xED || name[1]&0xE0 != 0xA0 || name[2]&0xC0 != 0x80 {
				return units, false
			}
			size, high = 3, name[1] < 0xB0
			if wasHigh && !high {
				return units, false // the two halves together have another encoding
			}
			units = append(units, 0xD000|uint16(name[1]&0x3F)<<6|uint16(name[2]&0x3F))
		} else {
			units = utf16.AppendRune(units, c)
		}
		name = name[size:]
	}
	return units, true
}

// SentTarget returns the target of a link on Windows as it is sent: with / between
// names, unless it begins with a drive or the name of a computer.
func SentTarget(target string) string {
	if hasVolume(target) {
		return target
	}
	return strings.ReplaceAll(target, `\`, "/")
}

// OwnTarget converts the target of a link from the form in which it was sent to the form
// that Windows uses. It refuses a target that Windows would take for another target.
func OwnTarget(sent string) (string, error) {
	if hasVolume(sent) {
		if _, ok := AppendUTF16(nil, sent); !ok {
			return "", codec.Errorf(codec.BadName, "a path on Windows must be valid UTF-8")
		}
		return sent, nil
	}
	for name := range strings.SplitSeq(sent, "/") {
		if name == "" || name == "." || name == ".." {
			continue
		}
		if err := Check(name); err != nil {
			return "", codec.Errorf(codec.BadName, "its target is not possible: %v", err)
		}
	}
	return strings.ReplaceAll(sent, "/", `\`), nil
}

func hasVolume(target string) bool {
	drive := len(target) >= 3 && target[1:3] == `:\` && 'a' <= target[0]|0x20 && target[0]|0x20 <= 'z'
	return drive || strings.HasPrefix(target, `\\`)
}

// LinkData returns the data that Windows keeps for a symbolic link, which is a
// REPARSE_DATA_BUFFER. ok is false if the target is not Unicode, or is too long.
func LinkData(target string) (data []byte, ok bool) {
	const (
		symlink  = 0xA000000C // IO_REPARSE_TAG_SYMLINK
		relative = 1          // SYMLINK_FLAG_RELATIVE: the target does not begin with a volume
		numbers  = 12         // the number of bytes after the first eight and before the names
		maxSize  = 16 << 10
	)
	system, flags := target, uint32(0)
	switch {
	case !hasVolume(target):
		flags = relative
	case strings.HasPrefix(target, `\\?\`):
		system = `\??\` + target[4:]
	case strings.HasPrefix(target, `\\`):
		system = `\??\UNC\` + target[2:]
	default:
		system = `\??\` + target
	}
	units, ok := AppendUTF16(nil, system)
	end := 2 * len(units)
	units, shown := AppendUTF16(units, target)
	size := 2 * len(units)
	if !ok || !shown || 8+numbers+size > maxSize {
		return nil, false
	}
	data = binary.LittleEndian.AppendUint32(nil, symlink)
	for _, n := range [...]int{numbers + size, 0, 0, end, end, size - end} {
		data = binary.LittleEndian.AppendUint16(data, uint16(n))
	}
	data = binary.LittleEndian.AppendUint32(data, flags)
	for _, u := range units {
		data = binary.LittleEndian.AppendUint16(data, u)
	}
	return data, true
}
