package shell

import "slices"

// OnChange is called by readline after every key, and before the first.
func (e *editor) OnChange(line []rune, pos int, _ rune) ([]rune, int, bool) {
	if line == nil || e.edit == nil {
		return nil, 0, false
	}
	edit := e.edit
	e.edit = nil
	line, pos = edit(line, pos)
	return line, pos, true
}

func deleteRune(line []rune, pos int) ([]rune, int) {
	return slices.Delete(line, pos, min(pos+1, len(line))), pos
}

// pasted puts the paste that has just ended into the line.
func (e *editor) pasted() {
	text := e.paste
	e.paste = nil
	if e.hidden {
		e.secret = append(e.secret, text...)
		return
	}
	e.edit = func(line []rune, pos int) ([]rune, int) {
		return slices.Insert(line, pos, text...), pos + len(text)
	}
}

// hide takes a key of a secret, which readline never sees.
func (e *editor) hide(r rune) rune {
	switch {
	case ends(r):
		return r
	case r == backspace || r == ctrlH:
		e.secret = e.secret[:max(len(e.secret)-1, 0)]
	case r == ctrlU:
		e.secret = nil
	case r >= ' ' && !isKey(r):
		e.secret = append(e.secret, r)
	}
	return neutral
}
