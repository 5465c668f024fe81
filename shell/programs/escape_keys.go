package programs

// EscapeKeys finds, in what is typed to a remote program, the keys of ssh that leave
// it: ~ and a dot at the beginning of a line. ~~ is one ~.
type EscapeKeys struct {
	lineStart bool // the next key begins a line
	tildeHeld bool // a ~ that begins a line was typed, and is not sent yet
}

// NewEscapeKeys returns the state at the beginning of a line.
func NewEscapeKeys() *EscapeKeys { return &EscapeKeys{lineStart: true} }

// Filter returns the bytes of typed that the program gets, and reports whether the
// person leaves the program; what is typed after that is dropped.
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
