//go:build !linux

package transfer

import (
	"os"
)

// A dirReader reads the names in an open folder.
type dirReader struct{ folder *os.File }

// next returns the next names, or io.EOF.
func (l *dirReader) next() ([]dirName, error) {
	names, err := l.folder.Readdirnames(256)
	some := make([]dirName, len(names))
	for i, name := range names {
		some[i].name = name
	}
	return some, err
}

// open returns nil, because the kinds of files are not known.
func (l *dirReader) open(dirName) (*os.File, os.FileInfo) { return nil, nil }
