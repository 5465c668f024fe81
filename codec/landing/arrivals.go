package landing

import (
	"hash/maphash"
	"io/fs"
	"os"
	"sync"

	"techsh/codec"
)

// Many file systems take some names for the same one: those that differ only in case, or
// in the encoding of accents. Which names these are depends on the file system, and may
// depend on the folder. So it is found out by looking: if a new name leads to a file that
// has just arrived under another name, the two names are the same.

// Arrivals are the files that one transfer has put into a folder. The transfer does not
// replace one of them by a file with another name, because the first would be lost
// without an error. The zero value is empty. It may be used by several goroutines.
type Arrivals struct {
	Once bool // the same name may not arrive twice either

	mu     sync.Mutex
	made   bool // the folder was made by the transfer
	seed   maphash.Seed
	names  map[nameHash]nameHash // from the ID of a file to its name, or, if the folder was made, from name to name
	unsure bool                  // some are missing in names
	read   int                   // names that were read to find the other name of a file
}

// A nameHash takes 8 bytes, so that very many files take little memory.
type nameHash [8]byte

const (
	maxArrivals = 1 << 18 // files
	maxReadBack = 1 << 20 // names
)

func (a *Arrivals) hash(text string) (h nameHash) {
	sum := maphash.String(a.seed, text)
	for i := range h {
		h[i] = byte(sum >> (8 * i))
	}
	return h
}

// key returns what identifies the file called name in dir.
func (a *Arrivals) key(dir *os.Root, name string) (string, error) {
	if a.made {
		return name, nil
	}
	return fileID(dir, name)
}

// Add adds the file called name in dir.
func (a *Arrivals) Add(dir *os.Root, name string) {
	if a == nil {
		return
	}
	key, err := a.key(dir, name)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.names == nil {
		a.seed, a.names = maphash.MakeSeed(), map[nameHash]nameHash{}
	}
	if err != nil || len(a.names) == maxArrivals {
		a.unsure = true
		return
	}
	a.names[a.hash(key)] = a.hash(name)
}

// Check returns an error if name leads to a file in dir that has arrived under another
// name. fi describes that file.
func (a *Arrivals) Check(dir *os.Root, name string, fi fs.FileInfo) error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.names == nil {
		return nil
	}
	key, err := a.key(dir, name)
	if err != nil {
		return err
	}
	was, found := a.names[a.hash(key)]
	switch {
	case found && was == a.hash(name) && a.Once:
		return codec.Errorf(codec.Clash, "another one of the same name came before it")
	case found && was == a.hash(name):
		return nil
	case !found && !a.made && (!a.unsure || IsDistinct(dir, name, fi)):
		return nil
	}
	switch listed := listedName(dir, name, fi, &a.read); {
	case listed == name && !found: // another program has put it there
		return nil
	case listed == name || listed == "":
		return codec.Errorf(codec.Clash, "this file system takes it for another one, which came before it")
	default:
		return codec.Errorf(codec.Clash, "this file system takes it for %s, which came before it", codec.Name(listed))
	}
}

// errExists returns the error that the file fi, which name leads to in dir, exists already.
func (a *Arrivals) errExists(dir *os.Root, name string, fi fs.FileInfo) error {
	if a == nil || IsDistinct(dir, name, fi) {
		return codec.Errorf(codec.Exists, "")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if listed := listedName(dir, name, fi, &a.read); listed != "" && listed != name {
		return codec.Errorf(codec.Exists, "exists already, as %s", codec.Name(listed))
	}
	return codec.Errorf(codec.Exists, "")
}

// IsDistinct reports whether the file fi, which name leads to in dir, is found only as
// name, and not with other spellings too.
func IsDistinct(dir *os.Root, name string, fi fs.FileInfo) bool {
	for _, other := range spellings(name) {
		if there, err := dir.Lstat(other); err == nil && os.SameFile(fi, there) {
			return false
		}
	}
	return true
}

// ListedName returns the name that dir lists for the file fi, which name leads to. It
// returns "" if it does not find that name.
func ListedName(dir *os.Root, name string, fi fs.FileInfo) string {
	read := 0
	return listedName(dir, name, fi, &read)
}

// listedName implements ListedName. It adds the number of names that it reads to read.
func listedName(dir *os.Root, name string, fi fs.FileInfo, read *int) (listed string) {
	f, err := dir.Open(".")
	if err != nil {
		return ""
	}
	defer f.Close()
	key := FoldName(name)
	for *read < maxReadBack {
		some, err := f.Readdirnames(1024)
		*read += len(some)
		for _, s := range some {
			if s == name {
				return name
			}
			if listed != "" || FoldName(s) != key {
				continue
			}
			if there, err := dir.Lstat(s); err == nil && os.SameFile(fi, there) {
				listed = s
			}
		}
		if err != nil {
			return listed
		}
	}
	return ""
}
