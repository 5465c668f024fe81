package command

import (
	"slices"
	"strings"

	"techsh/codec"
)

// A DialectRow is how help and completion show a row where a dialect of the
// course is spoken, in which less can be said.
type DialectRow struct {
	Options  []string // the keys of those that are left
	Words    string   // the synopsis without options
	Line     string   // "" is that of the row
	Examples []string
}

// InDialect returns rows as they are shown where a dialect is spoken. They accept
// the options that are not shown: the gateway says what is wrong with them.
func InDialect(rows []Row) []Row {
	rows = slices.Clone(rows)
	for i, r := range rows {
		if r.Dialect != nil {
			rows[i] = r.inDialect(*r.Dialect)
		}
	}
	return rows
}

func (r Row) inDialect(d DialectRow) Row {
	r.ShownKeys = append([]string{}, d.Options...) // not nil, which is all of them
	r.Synopsis = ""
	for _, o := range r.shownOptions() {
		r.Synopsis += "[" + o.String() + "] "
	}
	r.Synopsis = strings.TrimSpace(r.Synopsis + d.Words)
	r.Examples = d.Examples
	if d.Line != "" {
		r.Line = d.Line
	}
	return r
}

// shownOptions returns the options that help and completion show.
func (r Row) shownOptions() []codec.Option {
	return slices.DeleteFunc(slices.Clone(r.Options), func(o codec.Option) bool {
		return r.ShownKeys != nil && !slices.Contains(r.ShownKeys, o.Key())
	})
}
