package trust

import (
	"fmt"
	"io/fs"
	"strings"

	"techsh/codec"
)

// A computer is an element of a registry: a Peer or a Host.
type computer[T any] interface {
	idAndName() (id ID, name string)
	withName(name string) T
	words() []codec.Word
}

// A registry is the file peers or the file hosts, with one computer on each line. No two
// computers have the same ID, or names that differ only in case.
type registry[T computer[T]] struct {
	folder  *Folder
	file    string
	heading string // a comment, which is left when the last line is removed: an empty file would be doubted
	parse   func(words []codec.Word) (T, error)
}

// load returns the computers and the FileInfo of the file, which is nil if the file is
// missing. It reads the file like Folder.load.
func (b registry[T]) load() (all []T, info fs.FileInfo, err error) {
	info, err = b.folder.load(b.file, func(data []byte) error {
		lines, err := b.parseLines(data)
		all = lineValues(lines)
		return err
	})
	return all, info, err
}

// read is like load, but reads the file once.
func (b registry[T]) read() ([]T, fs.FileInfo, error) {
	data, info, err := b.folder.read(b.file)
	if err != nil {
		return nil, nil, err
	}
	lines, err := b.parseLines(data)
	return lineValues(lines), info, err
}

func (b registry[T]) parseLines(data []byte) ([]fileLine[T], error) {
	path := b.folder.Path(b.file)
	lines, err := parseLines(path, data, b.parse)
	ids, names := map[ID]int{}, map[string]int{}
	for i, l := range lines {
		if l.value == nil {
			continue
		}
		id, name := (*l.value).idAndName()
		name = strings.ToLower(name)
		var same error
		if n := ids[id]; n > 0 {
			same = codec.Errorf(codec.BadRequest, "line %d has the same ID", n)
		} else if n := names[name]; n > 0 {
			same = codec.Errorf(codec.BadRequest, "line %d has the same name", n)
		}
		if same != nil {
			return nil, lineError(path, i+1, same)
		}
		ids[id], names[name] = i+1, i+1
	}
	return lines, err
}

// set replaces the computer that has the ID of e, or appends e. It returns e as written:
// a number is appended to its name if another computer has this name.
func (b registry[T]) set(e T) (T, error) {
	var written T
	err := b.folder.change(b.file, func(data []byte) ([]byte, error) {
		lines, err := b.parseLines(data)
		if err != nil {
			return nil, err
		}
		id, name := e.idAndName()
		at, taken := len(lines), map[string]bool{}
		for i, l := range lines {
			if l.value == nil {
				continue
			}
			if has, called := (*l.value).idAndName(); has == id {
				at = i
			} else {
				taken[strings.ToLower(called)] = true
			}
		}
		text := codec.Join(e.withName(freeName(CleanName(name), taken)).words()) + "\n"
		if at < len(lines) {
			lines[at].text = text
		} else {
			if at > 0 && !strings.HasSuffix(lines[at-1].text, "\n") {
				lines[at-1].text += "\n"
			}
			lines = append(lines, fileLine[T]{text: text})
		}
		data = joinLines(lines)
		if lines, err = b.parseLines(data); err != nil { // what cannot be parsed is not written
			return nil, err
		}
		written = *lines[at].value
		return data, nil
	})
	return written, err
}

// remove removes the computer that has the given ID or name. An ID takes precedence over
// a name that looks like an ID.
func (b registry[T]) remove(who string) (T, error) {
	var taken T
	err := b.folder.change(b.file, func(data []byte) ([]byte, error) {
		lines, err := b.parseLines(data)
		if err != nil {
			return nil, err
		}
		wanted, _ := ParseID(who)
		at := -1
		for i, l := range lines {
			if l.value == nil {
				continue
			}
			id, name := (*l.value).idAndName()
			if id == wanted || at < 0 && strings.EqualFold(name, who) {
				at, taken = i, *l.value
			}
		}
		if at < 0 {
			return nil, ErrUnknown
		}
		rest := joinLines(append(lines[:at], lines[at+1:]...))
		if len(rest) == 0 {
			rest = []byte(b.heading)
		}
		return rest, nil
	})
	return taken, err
}

func joinLines[T any](lines []fileLine[T]) []byte {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.text)
	}
	return []byte(b.String())
}

// freeName returns name if it is not taken. Otherwise it appends -2, -3 and so on, until
// the result is not taken.
func freeName(name string, taken map[string]bool) string {
	free := name
	for n := 2; taken[strings.ToLower(free)]; n++ {
		number := fmt.Sprintf("-%d", n)
		free = name[:min(len(name), maxName-len(number))] + number
	}
	return free
}
