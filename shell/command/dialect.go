package command

import (
	"slices"
	"strings"

	"techsh/codec"
)

// A DialectRow describes how help and completion show a command in a session with a
// dialect, in which it has fewer options.
type DialectRow struct {
	Options  []string // keys of the supported options
	Words    string   // the synopsis without options
	Line     string   // "" means the Line of the row
	Examples []string
}

// InDialect returns rows as shown in a session with a dialect. The commands also accept
// the options that are not shown, because the gateway reports them with a clearer error.
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
	r.ShownKeys = append([]string{}, d.Options...) // not nil, because nil means all options
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
