package remote

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/transfer"
)

// complete sends the entries that a typed prefix can become, named as what
// would be typed then; folders end in the separator.
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
		if paths, err := l.r.expand(l.ctx, codec.Bare(open)); err == nil && paths[0] != open {
			open, under = paths[0], paths[0] // home: what it becomes can be quoted, "~" cannot
		}
	}
	return l.r.reading(open, func(root *os.Root, f *os.File) error {
		if under != "" {
			e := codec.Entry{Kind: codec.Folder, Mode: codec.Unknown, Size: codec.Unknown, Name: under}
			if err := l.r.Write(codec.FILE, append(e.Append(nil), '\n')); err != nil { // what all the names begin with
				return err
			}
		}
		const enough = 1000
		n := 0
		err := scan(root, f, func(e codec.Entry) error {
			if n == enough || transfer.IsPart(e.Name) || begin == "" && hidden(e.Name) ||
				len(e.Name) < len(begin) || !sameBeginning(e.Name[:len(begin)], begin) {
				return nil
			}
			n++
			if e.Kind == codec.Link && l.r.isFolder(filepath.Join(open, e.Name)) { // wherever it leads
				e.Kind, e.Target = codec.Folder, ""
			}
			e.Name = under + e.Name
			if e.Kind == codec.Folder {
				e.Name += string(filepath.Separator)
			}
			return l.add(e)
		})
		return errors.Join(err, l.flush())
	})
}

func sameBeginning(a, b string) bool { return a == b || foldNames && strings.EqualFold(a, b) }
