package transfers

import (
	"techsh/codec"
	"techsh/shell/console"
)

// errSameName returns the error for the file at path, which has the same name as the file
// other.
func errSameName(path, other string) error {
	return console.About(path, codec.Errorf(codec.BadRequest, "it has the same name as %s", codec.Name(other)))
}
