package console

import (
	"time"

	"techsh/codec"
)

// A Replacement is what becomes of a file that is replaced.
type Replacement struct{ Old, New Facts }

// Facts are what is said of an entry in a question. The Kind is 0 when nothing
// is known.
type Facts struct {
	kind codec.Kind
	size int64
	time time.Time
}

func FactsOf(e codec.Entry) Facts { return Facts{e.Kind, e.Size, e.Time} }

// String is how a question says it: "88 B of 2026-11-22 12:00".
func (f Facts) String() string {
	text := "a " + f.kind.String()
	if f.kind == codec.Regular {
		text = Size(f.size)
	}
	if !f.time.IsZero() {
		text += " of " + f.time.Local().Format("2006-01-02 15:04")
	}
	return text
}

// Possible says whether what lands under a name takes the place of what is
// there. What cannot has to be deleted first.
func (c *Replacement) Possible() bool {
	return c.Old.kind == codec.Regular && c.New.kind != codec.Folder || c.Old.kind == codec.Link &&
		c.New.kind == codec.Link
}

// Impossible says so of a change of what is here, or there.
func (c *Replacement) Impossible(where string) error {
	return codec.Errorf(codec.NotRegular, "a %s is %s, it is not replaced", c.Old.kind, where)
}

// AskReplace asks whether something may be replaced, or all that is like it.
func AskReplace(console *Console, name string, c Replacement) (yes, all bool, err error) {
	text := "replace " + codec.Name(name) + ", " + c.Old.String()
	switch by := c.New.String(); {
	case c.New.kind == 0:
	case by == c.Old.String():
		text += ", by one of the same size and time"
	default:
		text += ", by " + by
	}
	return console.YesOrAll(text + "?")
}
