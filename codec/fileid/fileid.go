// Package fileid identifies files and their states. A program that deletes files after it
// has copied or listed them compares their states just before it deletes them. So it
// keeps each file that has changed meanwhile.
package fileid

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"strconv"

	"techsh/codec"
	"techsh/codec/hashset"
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

// A Set is a set of states.
type Set struct{ states hashset.Set }

// Add adds a state to the set, and takes the size of the state out of budget.
func (s *Set) Add(state State, budget *codec.Budget) error {
	s.states.Add(uint64(state))
	return budget.Take(hashset.Size)
}

// Check returns an error with the code Changed unless the set contains the state of the
// file that fi describes.
func (s *Set) Check(fi fs.FileInfo) error {
	if !s.states.Has(uint64(Of(fi))) {
		return ErrChanged()
	}
	return nil
}

// ErrChanged returns the error for a file that is not deleted because it has changed.
func ErrChanged() error { return codec.Errorf(codec.Changed, "it has changed meanwhile, and stays") }
