package lineedit

import (
	"slices"

	"techsh/shell/lineedit/keys"
)

// changed is called by readline before the first key and after each key.
func (e *Editor) changed(line []rune, pos int, _ rune) ([]rune, int, bool) {
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

// pasted inserts the completed paste into the line.
func (e *Editor) pasted() {
	text := e.paste
	e.paste = nil
	if e.hidden {
		if i := slices.Index(text, keys.LineBreak); i >= 0 {
			text = text[:i]
		}
		e.secret = append(e.secret, text...)
		return
	}
	e.edit = func(line []rune, pos int) ([]rune, int) {
		return slices.Insert(line, pos, text...), pos + len(text)
	}
}

// hide handles a key that is typed while a secret is read. The secret is never passed to
// readline.
func (e *Editor) hide(r rune) rune {
	switch {
	case keys.EndsLine(r):
		return r
	case r == keys.Backspace || r == keys.CtrlH:
		e.secret = e.secret[:max(len(e.secret)-1, 0)]
	case r == keys.CtrlU:
		e.secret = nil
	case r >= ' ' && !keys.IsKey(r):
		e.secret = append(e.secret, r)
	}
	return neutral
}
