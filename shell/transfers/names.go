package transfers

import (
	"runtime"
	"strings"

	"techsh/codec"
	"techsh/shell/console"
)

// localFold is a name as this system compares it.
func localFold(name string) string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return strings.ToLower(name)
	}
	return name
}

// Namesakes are the paths of what has each name. Two of one name are refused,
// as the remote does in one call.
type duplicateNames map[string]string

func (n duplicateNames) add(name, path string) error {
	if other, twice := n[name]; twice {
		return console.About(path, codec.Errorf(codec.BadRequest, "it has the same name as %s", codec.Name(other)))
	}
	n[name] = path
	return nil
}
