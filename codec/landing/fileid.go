package landing

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// NoFile takes the place of the ID of a file that does not exist.
const NoFile = "-"

// FileIDs returns the ID of the file at path (NoFile if it does not exist), then that of
// its folder, of the folder above, and so on, up to the last folder that can be opened.
// No two files have the same ID, even if they are on different computers, so two programs
// can find out whether they see the same file. path must be absolute and contain no
// links.
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
			break // a folder that cannot be read cannot be copied either
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
