package disk

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// EndsInSeparator reports whether path ends in a separator.
func EndsInSeparator(path string) bool {
	return path != "" && os.IsPathSeparator(path[len(path)-1])
}

// entersFolder reports whether path ends in a separator, "." or "..". Such a path means a
// folder, even if the path without this ending is the name of a link to the folder.
func entersFolder(path string) bool {
	return EndsInSeparator(path) || isDots(filepath.Base(path))
}

// isDots reports whether the system takes name for "." or "..". Windows ignores spaces
// and dots at the end of a name, so on Windows isDots is true for every name that
// consists only of spaces and dots.
func isDots(name string) bool {
	return name == "." || name == ".." || FoldNames && strings.TrimRight(name, " .") == ""
}

// Below returns the path of the file called name in a folder. path is the path of the
// folder as it was typed. The result has the same form as path.
func Below(path, name string) string { return string(appendBelow([]byte(path), name)) }

func appendBelow(path []byte, name string) []byte {
	if n := len(path); n == 0 || !os.IsPathSeparator(path[n-1]) {
		path = append(path, filepath.Separator)
	}
	return append(path, name...)
}

// TopName returns the name under which a stream sends the file or folder that was
// requested as path.
func TopName(path string) string {
	base := filepath.Base(path)
	if base == ".." || EndsInSeparator(base) {
		return "."
	}
	return base
}

// Within reports whether path is equal to folder or is below folder.
func Within(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && (len(rel) < 3 || rel[:3] != ".."+string(filepath.Separator))
}

// Interruptible makes reads of f fail when ctx ends, unless stop was called before. Only
// files whose reads can block support this, for example the log of the kernel. There are
// few such files.
func Interruptible(ctx context.Context, f *os.File) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Now()) })
}
