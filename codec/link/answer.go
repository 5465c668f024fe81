package link

import (
	"strings"

	"techsh/codec"
)

// An Answer says what is done with the frames of an answer: each field is
// called for the frames of one kind. Frames without a field are dropped. At most
// one of Data, Line and Entry is set. An error ends the call.
type Answer struct {
	File  func(codec.Entry) error // a FILE
	Data  func([]byte) error      // a DATA; the bytes are valid only during the call
	Line  func(string) error      // a line in DATA, without its LF
	Entry func(codec.Entry) error // an entry in DATA
	Note  func(codec.Frame) error // a NOTE; that of a program holds raw bytes
}

// Recv handles one frame. It is the Recv of a Request.
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
