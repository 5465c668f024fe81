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
	if foldsLocalNames() {
		return strings.ToLower(name)
	}
	return name
}

// foldsLocalNames reports whether the local system ignores case in names.
func foldsLocalNames() bool { return runtime.GOOS == "windows" || runtime.GOOS == "darwin" }

// errSameName returns the error for the file at path, which has the same name as other.
func errSameName(path, other string) error {
	return console.About(path, codec.Errorf(codec.BadRequest, "it has the same name as %s", codec.Name(other)))
}
