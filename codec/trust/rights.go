package trust

import (
	"slices"
	"strings"

	"techsh/codec"
)

// Rights is a set of rights of a peer. Its text is the names of the rights, separated by
// commas.
type Rights uint8

// The rights. Every peer may use the verbs that need no right, such as HELP.
const (
	Dir  Rights = 1 << iota // list and describe files
	Get                     // read files
	Put                     // write files, and move them
	Del                     // delete
	Exec                    // run and end programs
	Shot                    // see the screen
	Info                    // read facts about the computer

	NoRights  Rights = 0
	AllRights        = Dir | Get | Put | Del | Exec | Shot | Info
	ReadOnly         = Dir | Get | Shot | Info
	Changing         = Put | Del | Exec
)

func rightWords() []string { return []string{"dir", "get", "put", "del", "exec", "shot", "info"} }

// Has reports whether r contains all of want.
func (r Rights) Has(want Rights) bool { return r&want == want }

// Words returns the names of the rights in r.
func (r Rights) Words() []string {
	var words []string
	for i, w := range rightWords() {
		if r.Has(1 << i) {
			words = append(words, w)
		}
	}
	return words
}

// String returns the text that ParseRights parses, "none" for no rights.
func (r Rights) String() string {
	if r == NoRights {
		return "none"
	}
	return strings.Join(r.Words(), ",")
}

// ParseRights parses names of rights separated by commas, in any order, or "none" or
// "all".
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
			e := codec.Errorf(codec.BadRequest, "%s is not a right", codec.Name(w))
			e.Hint = "the rights are " + strings.Join(rightWords(), " ")
			return 0, e
		}
		r |= 1 << i
	}
	return r, nil
}
