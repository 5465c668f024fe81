package disk

import "techsh/codec"

// An Entry is an entry of a folder, with what the system has told about its storage.
type Entry struct {
	codec.Entry
	storage Storage // unknown on Windows
}

// Storage tells how a file is stored.
type Storage struct {
	Allocated int64  // the bytes that it takes on the disk; fewer than its size if it has holes
	Names     uint64 // hard links
	ID        FileID
}

// A FileID identifies a file while it exists: its file system and its number in that file
// system.
type FileID struct{ volume, number uint64 }
