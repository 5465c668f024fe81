package verb

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/remote/disk"
)

// A Plan describes what a call is about to do, and to which things: those that the words
// of the call stand for at this moment. A person decides about the plan. Its paths
// contain no links. After the person has agreed, the verb compares each thing with the
// plan again, directly before it acts on the thing.
type Plan struct {
	Text  string              // for the person; "" if the person need not be asked
	files map[key]fs.FileInfo // files that are moved, deleted or replaced, by path
	under []string            // folders in which files may be replaced
	facts map[key]key         // everything else that must not change

	budget codec.Budget
	err    error // it takes too much memory
}

// A key stands for a path or another text, of which there may be very many.
type key [16]byte

func keyOf(text string) key {
	sum := sha256.Sum256([]byte(text))
	return key(sum[:])
}

// Err returns an error if the plan has too many things.
func (p *Plan) Err() error { return p.err }

// take reports whether n bytes are left for another thing.
func (p *Plan) take(n int) bool {
	const plans = 2 // while the person is asked again, there are two
	if p.err == nil {
		if err := p.budget.Take(plans * n); err != nil {
			p.err = &codec.Error{Code: codec.TooBig, Text: "too many things to ask about", Hint: "name fewer, or the folder"}
		}
	}
	return p.err == nil
}

// AddFile adds a file that is moved, deleted or replaced.
func (p *Plan) AddFile(path string, fi fs.FileInfo) {
	const size = 320
	if !p.take(size) {
		return
	}
	if p.files == nil {
		p.files = map[key]fs.FileInfo{}
	}
	os.SameFile(fi, fi) // makes Windows read the identity of the file
	p.files[keyOf(path)] = fi
}

// AddFolder adds a folder in which files may be replaced.
func (p *Plan) AddFolder(path string) {
	const size = 32
	if p.take(size + len(path)) {
		p.under = append(p.under, path)
	}
}

// AddFact adds something that must not change, such as the state of a program.
func (p *Plan) AddFact(name, value string) {
	const size = 64
	if !p.take(size) {
		return
	}
	if p.facts == nil {
		p.facts = map[key]key{}
	}
	p.facts[keyOf(name)] = keyOf(value)
}

// Equal reports whether both plans have the same effect on the same things.
func (p *Plan) Equal(q Plan) bool {
	return p.Text == q.Text && slices.Equal(p.under, q.under) && maps.Equal(p.facts, q.facts) &&
		maps.EqualFunc(p.files, q.files, os.SameFile)
}

// CheckFile returns an error if the person was asked, but the plan does not contain the
// file fi at path. A nil plan means that the person was not asked.
func (p *Plan) CheckFile(path string, fi fs.FileInfo) error {
	if p == nil {
		return nil
	}
	if old, ok := p.files[keyOf(path)]; ok && os.SameFile(old, fi) {
		return nil
	}
	return errNotAgreed()
}

// CheckFact returns an error if the person was asked, but the fact called name did not
// have this value at that time.
func (p *Plan) CheckFact(name, value string) error {
	if p == nil {
		return nil
	}
	if old, ok := p.facts[keyOf(name)]; ok && old == keyOf(value) {
		return nil
	}
	return errNotAgreed()
}

// MayReplace reports whether a file at path may be replaced: the person was not asked, or
// has agreed to it.
func (p *Plan) MayReplace(path string) bool {
	if p == nil {
		return true
	}
	for _, folder := range p.under {
		if disk.Within(path, folder) {
			return true
		}
	}
	_, ok := p.files[keyOf(path)]
	return ok
}

// ErrAskAgain is the error of a call that has stopped before it did anything, because
// something has changed since the person agreed. The server then asks the person again.
var ErrAskAgain = fmt.Errorf("%w", errNotAgreed())

func errNotAgreed() error {
	return codec.Errorf(codec.Changed, "it has changed since the person at the remote computer agreed")
}

const (
	maxListed  = 300    // maximum number of bytes of paths in a question
	maxCounted = 10_000 // maximum number of files and folders that are counted
)

// A List has the texts of a question. If they are too many, it has the first ones and the
// number of the others.
type List struct {
	first []string
	size  int
	more  int
}

// Add adds a text.
func (l *List) Add(text string) {
	l.size += len(text)
	if len(l.first) > 0 && l.size > maxListed {
		l.more++
	} else {
		l.first = append(l.first, text)
	}
}

// Len returns the number of texts.
func (l *List) Len() int { return len(l.first) + l.more }

func (l *List) String() string {
	text := strings.Join(l.first, ", ")
	if l.more > 0 {
		text += fmt.Sprintf(" and %d more", l.more)
	}
	return text
}

// Listed returns texts as a List shows them.
func Listed(texts []string) string {
	var l List
	for _, text := range texts {
		l.Add(text)
	}
	return l.String()
}

// Contents returns a text with the number of files and folders in the folder at path.
func (r *Request) Contents(ctx context.Context, path string) string {
	files, folders := 0, -1 // -1 because count also counts the folder itself
	count := func(_ *os.Root, e disk.Entry) error {
		if files+folders > maxCounted {
			return fs.SkipAll
		}
		if e.Kind == codec.Folder {
			folders++
		} else {
			files++
		}
		return nil
	}
	failed := func(_ string, err error) error {
		if err == fs.SkipAll {
			return err
		}
		return nil // what cannot be read is not deleted either
	}
	w := disk.Walk{View: r.View, Ctx: ctx, Visit: count, Failed: failed}
	if err := w.At(path, math.MaxInt); err == fs.SkipAll {
		return fmt.Sprintf("more than %d files and folders", maxCounted)
	}
	return fmt.Sprintf("%d files and %d folders", files, folders)
}
