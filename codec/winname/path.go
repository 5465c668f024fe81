package winname

import (
	"strings"

	"techsh/codec"
)

// Abs returns the absolute path for a path that was typed in the folder base. C: alone is
// the root of that drive, and a path that begins with one separator begins at the root of
// the drive of base. /C:/x is C:\x, as in sftp and in URLs. Abs refuses a path that
// depends on the current folder of a drive, such as C:x. It also refuses a path that is
// not on a drive, but on another computer or a device.
func Abs(base, path string) (string, error) {
	typed := path
	path = strings.ReplaceAll(path, "/", `\`)
	if drive, ok := strings.CutPrefix(path, `\`); ok && hasDrive(drive) {
		path = drive
	}
	switch {
	case strings.HasPrefix(path, `\\`):
		return "", errNoDrive()
	case hasDrive(path) && len(path) > 2 && path[2] != '\\':
		return "", &codec.Error{
			Code: codec.BadName, Name: typed,
			Text: "a name on Windows must not contain ':', and a path on a drive begins at its root",
			Hint: "that is " + codec.Name(path[:2]+`\`+path[2:]),
		}
	case hasDrive(path):
	case !hasDrive(base):
		return "", errNoDrive()
	case strings.HasPrefix(path, `\`):
		path = base[:2] + path
	default:
		path = base + `\` + path
	}
	var names []string
	for name := range strings.SplitSeq(path[2:], `\`) {
		switch name {
		case "", ".":
		case "..":
			names = names[:max(0, len(names)-1)]
		default:
			names = append(names, name)
		}
	}
	return strings.ToUpper(path[:1]) + `:\` + strings.Join(names, `\`), nil
}

func hasDrive(path string) bool {
	return len(path) >= 2 && path[1] == ':' && 'a' <= path[0]|0x20 && path[0]|0x20 <= 'z'
}

func errNoDrive() error {
	return codec.Errorf(codec.BadName, "only paths on a drive of this computer are allowed")
}
