package landing

import (
	"os"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"techsh/codec"
	"techsh/codec/winname"
)

// The limits of paths, in the file system and in a stream.
const (
	MaxPath  = 4096 // bytes
	MaxName  = 255  // bytes of one component; for Windows see winname
	MaxDepth = 64   // components of a path that somebody types
)

// CheckTyped refuses a typed path that exceeds one of the limits. Paths in trees may be
// deeper.
func CheckTyped(path string) error {
	depth := 0
	for range strings.FieldsFuncSeq(path, isSeparator) {
		depth++
	}
	if depth > MaxDepth {
		return codec.Errorf(codec.BadName, "a path of %d names, the limit is %d", depth, MaxDepth)
	}
	return CheckPath(path)
}

// CheckPath refuses a path that is too long, or in which one name is too long. On Windows
// it also refuses names that are not Unicode.
func CheckPath(path string) error {
	if len(path) > MaxPath {
		return codec.Errorf(codec.BadName, "a path of %d bytes, the limit is %d", len(path), MaxPath)
	}
	for name := range strings.FieldsFuncSeq(path, isSeparator) {
		if err := checkLength(name); err != nil {
			return err
		}
	}
	return nil
}

// ErrLongPath returns the error for a folder of a tree that contains names whose complete
// paths are too long to be sent.
func ErrLongPath() error {
	return codec.Errorf(codec.BadName, "it has names that make a path of more than %d bytes, the limit", MaxPath)
}

// Components returns the names in a path.
func Components(path string) []string { return strings.FieldsFunc(path, isSeparator) }

func isSeparator(c rune) bool { return c < 0x80 && os.IsPathSeparator(byte(c)) }

// checkLength refuses a name that is too long or, on Windows, is not Unicode.
func checkLength(name string) error {
	switch {
	case runtime.GOOS == "windows":
		return winname.CheckLength(name)
	case len(name) > MaxName:
		return codec.Errorf(codec.BadName, "a name of %d bytes, the limit is %d", len(name), MaxName)
	}
	return nil
}

// CheckName returns an error if name cannot be the name of a file. It must be one
// component other than . and .., without NUL, not longer than MaxName, and not a name of a
// part file. On Windows it must not be a device, a stream or a name that Windows would
// change.
func CheckName(name string) error {
	switch {
	case name == "" || name == "." || name == "..":
		return codec.Errorf(codec.BadName, "")
	case IsPart(name):
		return errPartName()
	case strings.ContainsAny(name, "/\x00"):
		return codec.Errorf(codec.BadName, "a name must not contain / or NUL")
	case runtime.GOOS == "windows":
		return winname.Check(name)
	}
	return checkLength(name)
}

func errPartName() error {
	return codec.Errorf(codec.BadName, "such names are reserved for part files")
}

// CheckNewName is like CheckName, for a name that a user has typed. It also refuses names
// that only look like names of part files. Such a name is allowed only for the copy of a
// file that already has such a name.
func CheckNewName(name string) error {
	if looksLikePart(name) {
		return errPartName()
	}
	return CheckName(name)
}

// spellings returns other names that a file system may treat as the same as name.
func spellings(name string) (others []string) {
	swapped := strings.Map(func(c rune) rune {
		if unicode.IsLower(c) {
			return unicode.ToUpper(c)
		}
		return unicode.ToLower(c)
	}, name)
	for _, other := range [...]string{swapped, norm.NFC.String(name), norm.NFD.String(name)} {
		if other != name {
			others = append(others, other)
		}
	}
	return others
}

// FoldName returns the same text for all names that a file system may treat as the same
// name.
func FoldName(name string) string {
	if !utf8.ValidString(name) {
		return name
	}
	name = strings.ToLower(strings.ToUpper(norm.NFKD.String(name)))
	return norm.NFD.String(strings.ReplaceAll(name, "ß", "ss"))
}
