package transfers

import (
	"runtime"
	"strings"

	"techsh/codec"
	"techsh/shell/console"
)

// foldLocalName returns a name as the local system compares it.
func foldLocalName(name string) string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return strings.ToLower(name)
	}
	return name
}

// DuplicateNames holds the path of each name in a call, which must have no name
// twice.
type duplicateNames map[string]string

func (n duplicateNames) add(name, path string) error {
	if other, twice := n[name]; twice {
		return console.About(path, codec.Errorf(codec.BadRequest, "it has the same name as %s", codec.Name(other)))
	}
	n[name] = path
	return nil
}
