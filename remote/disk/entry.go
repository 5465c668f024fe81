package disk

import (
	"errors"
	"io"
	"os"

	"techsh/codec"
)

// An Entry is an entry of a folder, with what the system has told about its storage.
type Entry struct {
	codec.Entry
	Hidden  bool    // the entry is left out of listings by default; only ScanSome sets this field
	storage Storage // unknown on Windows
}

// Storage tells how a file is stored.
type Storage struct {
	Allocated int64  // the bytes that it takes on the disk; fewer than its size if it has holes
	Names     uint64 // the number of hard links to it
	ID        FileID
}

// A FileID identifies a file while it exists: its file system and its number in that file
// system.
type FileID struct{ volume, number uint64 }

// Scan calls add for each entry of the folder that is open for reading as dir.
func Scan(root *os.Root, dir *os.File, add func(Entry) error) error {
	for {
		switch err := ScanSome(root, dir, add); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
