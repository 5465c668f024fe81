package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// NoFile is the place of what is not there.
const NoFile = "-"

// FileIDs tells where path is, without its name: first which thing it is, or
// Nowhere, then which the folder that it is in, and so on up as far as open, which
// opens a folder, gets. Only one thing, on one computer, has a place, so two sides
// can find out that they speak of the same. path is absolute, and no links are
// left in it.
func FileIDs(path string, open func(folder string) (*os.Root, error)) ([]string, error) {
	dir, err := open(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	name := filepath.Base(path)
	if filepath.Dir(path) == path {
		name = "."
	}
	system := bootID()
	id := func(dir *os.Root, name string) (string, error) {
		place, err := fileID(dir, name)
		if err != nil {
			return NoFile, err
		}
		sum := sha256.Sum256([]byte(system + " " + place))
		return hex.EncodeToString(sum[:8]), nil
	}
	place, err := id(dir, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	list := []string{place}
	for path != filepath.Dir(path) {
		path = filepath.Dir(path)
		folder, err := open(path)
		if err != nil {
			break // it is not ours to read, and so none that is copied
		}
		place, err := id(folder, ".")
		folder.Close()
		if err != nil {
			break
		}
		list = append(list, place)
	}
	return list, nil
}
