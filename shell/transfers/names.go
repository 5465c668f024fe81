package transfers

import (
	"runtime"
	"strings"

	"techsh/codec"
	"techsh/shell/console"
)

// foldLocalName returns name in lower case if the local system ignores case in names.
// Otherwise it returns name unchanged.
func foldLocalName(name string) string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return strings.ToLower(name)
	}
	return name
}

// duplicateNames maps the names in a call to their paths, to detect duplicates.
type duplicateNames map[string]string

func (n duplicateNames) add(name, path string) error {
	if other, twice := n[name]; twice {
		return console.About(path, codec.Errorf(codec.BadRequest, "it has the same name as %s", codec.Name(other)))
	}
	n[name] = path
	return nil
}
