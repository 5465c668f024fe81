// Package fileid identifies files and their states. A program that deletes files after it
// has copied or listed them compares their states just before it deletes them. So it
// keeps each file that has changed meanwhile.
package fileid

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"techsh/codec"
)

// A State stands for one file as it was at one moment: its identity, kind and size, and
// the times when its contents and its attributes have last changed. The State of a folder
// depends on its identity only, because deleting something in a folder changes the
// folder. A State is a hash, so that the states of many files take little memory.
type State uint64

// Of returns the state that fi describes.
func Of(fi fs.FileInfo) State {
	kind := fi.Mode().Type()
	numbers := identity(fi)
	if kind != fs.ModeDir {
		m := fi.ModTime()
		numbers = append(numbers, fi.Size(), m.Unix(), int64(m.Nanosecond()))
		numbers = append(numbers, changed(fi)...)
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(kind))
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	sum := sha256.Sum256(b)
	return State(binary.BigEndian.Uint64(sum[:]))
}

// String returns the state as 16 hexadecimal digits in lower case.
func (s State) String() string { return fmt.Sprintf("%016x", uint64(s)) }

// Parse returns the state that String has written.
func Parse(text string) (State, error) {
	n, err := strconv.ParseUint(text, 16, 64)
	if s := State(n); err == nil && s.String() == text {
		return s, nil
	}
	return 0, codec.Errorf(codec.BadRequest, "%s is not a state, which is 16 hexadecimal digits in lower case",
		codec.Quote(codec.Lit(text)))
}

// maxStates is the largest number of states in a Set, each of which takes 8 bytes.
const maxStates = 2 << 20

// A Set is a set of states.
type Set struct {
	states   []State
	unsorted bool
}

// Add adds a state, unless there are too many.
func (s *Set) Add(state State) error {
	if len(s.states) == maxStates {
		return codec.Errorf(codec.TooBig, "it is more than %d files", maxStates)
	}
	s.states, s.unsorted = append(s.states, state), true
	return nil
}

// Check returns an error of code changed unless the state of the file that fi describes
// is in the set.
func (s *Set) Check(fi fs.FileInfo) error {
	if s.unsorted {
		slices.Sort(s.states)
		s.unsorted = false
	}
	if _, found := slices.BinarySearch(s.states, Of(fi)); !found {
		return ErrChanged()
	}
	return nil
}

// ErrChanged returns the error for a file that is not deleted because it has changed.
func ErrChanged() error { return codec.Errorf(codec.Changed, "it has changed meanwhile, and stays") }
