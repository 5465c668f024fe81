package files

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"techsh/codec"
	"techsh/shell/command"
)

// orderOf returns the comparison function for the options of dir.
func orderOf(in command.Invocation) func(a, b *codec.Entry) int {
	order := byName
	switch {
	case in.Has("S"):
		order = bySize
	case in.Has("t"):
		order = byTime
	}
	if in.Has("r") {
		return func(a, b *codec.Entry) int { return order(b, a) }
	}
	return order
}

// bySize sorts larger files first.
func bySize(a, b *codec.Entry) int {
	if a.Size != b.Size {
		return cmp.Compare(b.Size, a.Size)
	}
	return byName(a, b)
}

// byTime sorts newer files first.
func byTime(a, b *codec.Entry) int {
	if order := b.Time.Compare(a.Time); order != 0 {
		return order
	}
	return byName(a, b)
}

// byName sorts by name, ignoring case unless the names are otherwise equal.
func byName(a, b *codec.Entry) int {
	for i := range min(len(a.Name), len(b.Name)) {
		c, d := a.Name[i], b.Name[i]
		if c == d {
			continue
		}
		if c|d >= utf8.RuneSelf {
			lower := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
			return cmp.Or(lower, strings.Compare(a.Name, b.Name))
		}
		if c, d = lowerASCII(c), lowerASCII(d); c != d {
			return int(c) - int(d)
		}
	}
	if order := len(a.Name) - len(b.Name); order != 0 {
		return order
	}
	return strings.Compare(a.Name, b.Name)
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c |= 0x20
	}
	return c
}
