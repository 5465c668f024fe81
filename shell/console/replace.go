package console

import (
	"fmt"

	"techsh/codec"
)

// A Replacement is the replacement of a file or folder by another. New.Kind is 0 if
// the new entry is not known.
type Replacement struct{ Old, New codec.Entry }

// Possible reports whether New can directly replace Old. Otherwise Old must be
// deleted first.
func (r Replacement) Possible() bool {
	return r.Old.Kind == codec.Regular && r.New.Kind != codec.Folder ||
		r.Old.Kind == codec.Link && r.New.Kind == codec.Link
}

// RefusedError returns the error of a replacement that is not possible. side is the
// side of the old entry, "local" or "remote".
func (r Replacement) RefusedError(side string) error {
	return codec.Errorf(codec.NotRegular, "the %s one is a %s, which is not replaced", side, r.Old.Kind)
}

// AskReplace asks the user whether the file called name may be replaced. If all is set,
// the user has agreed to replace all further files too. It returns an error for Ctrl-C
// and Ctrl-D.
func (c *Console) AskReplace(name string, r Replacement) (yes, all bool, err error) {
	before, after := summary(r.Old, false), summary(r.New, false)
	same := r.Old.Kind == r.New.Kind && r.Old.Size == r.New.Size && r.Old.Time.Equal(r.New.Time)
	if before == after && !same { // the entries differ only in details that the short summaries leave out
		before, after = summary(r.Old, true), summary(r.New, true)
	}
	text := "replace " + codec.Name(name) + ", " + before
	switch {
	case r.New.Kind == 0:
	case same:
		text += ", by one of the same size and time"
	default:
		text += ", by " + after
	}
	return c.askYesOrAll(text + "?")
}

// summary returns the description of an entry for a question, such as "88 B of 2026-11-22
// 12:00", or "88 B of 2026-11-22 12:00:03.5" if full is set.
func summary(e codec.Entry, full bool) string {
	text, layout := "a "+e.Kind.String(), "2006-01-02 15:04"
	if e.Kind == codec.Regular {
		text = FormatSize(e.Size)
	}
	if full {
		layout = "2006-01-02 15:04:05.999999999"
		if e.Kind == codec.Regular && e.Size >= 0 {
			text = fmt.Sprint(e.Size, " B")
		}
	}
	if !e.Time.IsZero() {
		text += " of " + e.Time.Local().Format(layout)
	}
	return text
}
