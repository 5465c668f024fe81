package programs

// EscapeKeys detects the keys by which the user leaves a remote program. As in ssh,
// these are ~ and . at the beginning of a line. A typed ~~ is passed on as ~.
type EscapeKeys struct {
	lineStart bool // the next key is the first of a line
	tildeHeld bool // a ~ was typed at the beginning of a line and is not passed on yet
}

// NewEscapeKeys returns an EscapeKeys at the beginning of a line.
func NewEscapeKeys() *EscapeKeys { return &EscapeKeys{lineStart: true} }

// Filter returns the part of typed that is passed on to the program. leave is true if the
// user has typed the keys that leave the program; Filter drops these keys and all bytes
// after them.
func (k *EscapeKeys) Filter(typed []byte) (passed []byte, leave bool) {
	for _, c := range typed {
		switch {
		case k.tildeHeld && c == '.':
			return passed, true
		case k.tildeHeld && c != '~':
			passed = append(passed, '~', c)
		case k.lineStart && !k.tildeHeld && c == '~':
			k.tildeHeld = true
			continue
		default:
			passed = append(passed, c)
		}
		k.tildeHeld, k.lineStart = false, c == '\r' || c == '\n'
	}
	return passed, false
}
