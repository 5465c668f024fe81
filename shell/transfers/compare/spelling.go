package compare

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"techsh/codec"
	"techsh/codec/hashset"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// Spellings finds out how a local folder spells names. A file system may find a file by
// several names: those that differ only in case, or in the encoding of accents.
type Spellings struct {
	Budget *codec.Budget

	distinct bool                // the folder does not find a name that is written in another case
	listed   *transfer.NameTable // what the folder lists; nil if it was not read
	n        int
}

// Of returns the name under which the folder dir lists the file fi. The parameter name is
// the name under which fi was found.
func (s *Spellings) Of(dir *os.Root, name string, fi fs.FileInfo) (string, error) {
	if s.isPlain(name) {
		return name, nil
	}
	if s.listed == nil {
		if landing.IsDistinct(dir, name, fi) {
			s.distinct = s.distinct || isASCII(name)
			return name, nil
		}
		if err := s.read(dir); err != nil {
			return "", err
		}
	}
	if s.listed.Has(name) {
		return name, nil
	}
	if listed := landing.ListedName(dir, name, fi); listed != "" {
		return listed, nil
	}
	return name, nil // for example, a short name of Windows
}

func (s *Spellings) read(dir *os.Root) error {
	s.listed = transfer.NewNameTable()
	var full error
	err := eachName(dir, func(name string) bool {
		s.listed.Add(name)
		s.n++
		full = s.Budget.Take(hashset.Size)
		return full == nil
	})
	return errors.Join(full, err)
}

// isPlain reports whether it is certain that the folder does not find the file called
// name under another spelling.
func (s *Spellings) isPlain(name string) bool {
	return isASCII(name) && (s.distinct || strings.ToLower(name) == strings.ToUpper(name))
}

func isASCII(name string) bool {
	for i := range len(name) {
		if name[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Close gives back to the budget what s has taken out of it.
func (s *Spellings) Close() { s.Budget.Return(s.n * hashset.Size) }
