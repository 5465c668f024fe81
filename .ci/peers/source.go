package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
)

// A source is the file or folder of a row. make makes it at path on first use.
type source struct {
	path string
	make func(path string) error
}

func (s *source) ready() error {
	if s == nil {
		return nil
	}
	if _, err := os.Stat(s.path); err == nil {
		return nil
	}
	return s.make(s.path)
}

func (w *world) smallFile() string { return w.path("source", "small") }

// file returns a file of a size that cannot be compressed.
func (w *world) file(bytes int64) *source {
	return &source{w.path("source", fmt.Sprintf("file-%d", bytes)), func(path string) error {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		block := noise(1<<20, bytes)
		for left := bytes; left > 0; left -= int64(len(block)) {
			binary.BigEndian.PutUint64(block, uint64(left)) // no two blocks are alike
			if _, err := f.Write(block[:min(left, int64(len(block)))]); err != nil {
				return err
			}
		}
		return nil
	}}
}

// tree returns a tree of files of 4 KiB, a hundred in each folder.
func (w *world) tree(files int) *source {
	const perFolder, fileSize = 100, 4 << 10
	return &source{w.path("source", fmt.Sprintf("tree-%d", files)), func(path string) error {
		for i := range files {
			folder := filepath.Join(path, fmt.Sprintf("folder-%03d", i/perFolder))
			if i%perFolder == 0 {
				if err := os.MkdirAll(folder, 0o755); err != nil {
					return err
				}
			}
			file := filepath.Join(folder, fmt.Sprintf("file-%05d.dat", i))
			if err := os.WriteFile(file, noise(fileSize, int64(i)), 0o644); err != nil {
				return err
			}
		}
		return nil
	}}
}

// folder returns a folder with a number of empty files.
func (w *world) folder(entries int) *source {
	return &source{w.path("source", fmt.Sprintf("entries-%d", entries)), func(path string) error {
		if err := os.Mkdir(path, 0o755); err != nil {
			return err
		}
		for i := range entries {
			fd, err := syscall.Creat(filepath.Join(path, fmt.Sprintf("report-%06d.txt", i)), 0o644)
			if err != nil {
				return err
			}
			if err := syscall.Close(fd); err != nil {
				return err
			}
		}
		return nil
	}}
}

func noise(n int, seed int64) []byte {
	r := rand.New(rand.NewPCG(uint64(seed), 0))
	b := make([]byte, n)
	for i := 0; i+8 <= n; i += 8 {
		binary.LittleEndian.PutUint64(b[i:], r.Uint64())
	}
	return b
}
