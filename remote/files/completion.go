package files

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/remote/disk"
)

const maxCompletions = 1000

// complete sends the entries that complete a typed prefix. Their names are the words that
// would be typed; those of folders end in a separator.
func (l *listing) complete(w codec.Word) error {
	prefix := w.Text
	i := len(prefix)
	for i > 0 && !os.IsPathSeparator(prefix[i-1]) && !(i == 2 && prefix[1] == ':') {
		i--
	}
	under, begin := prefix[:i], prefix[i:]
	open := under
	if open == "" {
		open = "."
	}
	if !w.Quoted && !codec.HasPattern(open) {
		paths, err := l.r.View.Expand(l.ctx, codec.Bare(open))
		if err == nil && paths[0] != open {
			open, under = paths[0], paths[0] // the path of the home folder, because ~ in quotes would not mean it
		}
	}
	return l.r.View.Reading(open, func(root *os.Root, f *os.File) error {
		if under != "" {
			e := codec.Entry{Kind: codec.Folder, Mode: codec.Unknown, Size: codec.Unknown, Name: under}
			// All names begin with this folder.
			if err := l.r.Call.Write(codec.FILE, append(e.Append(nil), '\n')); err != nil {
				return err
			}
		}
		n := 0
		err := disk.Scan(root, f, func(e disk.Entry) error {
			if n == maxCompletions || disk.IsPart(e.Entry) || begin == "" && disk.Hidden(e.Name) ||
				len(e.Name) < len(begin) || !sameName(e.Name[:len(begin)], begin) {
				return nil
			}
			n++
			if e.Kind == codec.Link && l.r.View.IsFolder(filepath.Join(open, e.Name)) {
				e.Kind, e.Target = codec.Folder, ""
			}
			e.Name = under + e.Name
			if e.Kind == codec.Folder {
				e.Name += string(filepath.Separator)
			}
			return l.Entry(e.Entry)
		})
		return errors.Join(err, l.Flush())
	})
}

func sameName(a, b string) bool { return a == b || disk.FoldNames && strings.EqualFold(a, b) }
