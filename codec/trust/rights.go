package trust

import (
	"slices"
	"strings"

	"techsh/codec"
)

// Rights is a set of the things that a peer may do. Its text is the words,
// separated by commas, in their order.
type Rights uint8

// The rights. What needs none of them, such as HELP, every peer may do.
const (
	Dir  Rights = 1 << iota // look around
	Get                     // read files
	Put                     // write files, and move them
	Del                     // delete
	Exec                    // run and end programs, which no other right contains
	Shot                    // see the screen
	Info                    // know the computer

	NoRights  Rights = 0
	AllRights        = Dir | Get | Put | Del | Exec | Shot | Info
	ReadOnly         = Dir | Get | Shot | Info
)

func rightWords() []string { return []string{"dir", "get", "put", "del", "exec", "shot", "info"} }

// Has says whether all of want are among r.
func (r Rights) Has(want Rights) bool { return r&want == want }

// Words returns the words of r.
func (r Rights) Words() []string {
	var words []string
	for i, w := range rightWords() {
		if r.Has(1 << i) {
			words = append(words, w)
		}
	}
	return words
}

// String returns what ParseRights reads; no right at all is "none".
func (r Rights) String() string {
	if r == NoRights {
		return "none"
	}
	return strings.Join(r.Words(), ",")
}

// ParseRights reads words separated by commas, in any order; "none" and "all"
// stand alone.
func ParseRights(s string) (Rights, error) {
	switch s {
	case "none":
		return NoRights, nil
	case "all":
		return AllRights, nil
	}
	var r Rights
	for w := range strings.SplitSeq(s, ",") {
		i := slices.Index(rightWords(), w)
		if i < 0 {
			e := codec.Errorf(codec.BadRequest, "%s is no right", codec.Name(w))
			e.Hint = "the rights are " + strings.Join(rightWords(), " ")
			return 0, e
		}
		r |= 1 << i
	}
	return r, nil
}
