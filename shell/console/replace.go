package console

import "techsh/codec"

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
	before, after := summary(r.Old), summary(r.New)
	text := "replace " + codec.Name(name) + ", " + before
	switch {
	case r.New.Kind == 0:
	case after == before:
		text += ", by one of the same size and time"
	default:
		text += ", by " + after
	}
	return c.askYesOrAll(text + "?")
}

// summary describes an entry in a question: "88 B of 2026-11-22 12:00".
func summary(e codec.Entry) string {
	text := "a " + e.Kind.String()
	if e.Kind == codec.Regular {
		text = FormatSize(e.Size)
	}
	if !e.Time.IsZero() {
		text += " of " + e.Time.Local().Format("2006-01-02 15:04")
	}
	return text
}
