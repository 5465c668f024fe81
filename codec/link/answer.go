package link

import (
	"strings"

	"techsh/codec"
)

// An Answer handles the frames of an answer: each field is called for one kind of frame.
// Frames whose field is nil are dropped. At most one of Data, Line and Entry may be set.
// An error ends the call.
type Answer struct {
	File  func(codec.Entry) error // a FILE
	Data  func([]byte) error      // a DATA; the bytes are valid only during the call
	Line  func(string) error      // a line in DATA, without its LF
	Entry func(codec.Entry) error // an entry in DATA
	Note  func(codec.Frame) error // a NOTE; the NOTE of a program is its raw standard error
}

// Recv handles one frame. It can be the Recv of a Request.
func (a Answer) Recv(f codec.Frame) error {
	switch {
	case f.Verb == codec.FILE && a.File != nil:
		e, err := f.Entry()
		if err != nil {
			return err
		}
		return a.File(e)
	case f.Verb == codec.DATA && a.Data != nil:
		return a.Data(f.Body)
	case f.Verb == codec.DATA && a.Line != nil:
		for line := range strings.Lines(string(f.Body)) {
			if err := a.Line(strings.TrimSuffix(line, "\n")); err != nil {
				return err
			}
		}
	case f.Verb == codec.DATA && a.Entry != nil:
		return codec.Entries(f.Body, a.Entry)
	case f.Verb == codec.NOTE && a.Note != nil:
		return a.Note(f)
	}
	return nil
}
