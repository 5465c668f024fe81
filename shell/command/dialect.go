package command

import (
	"slices"
	"strings"

	"techsh/codec"
)

// A lesser row is what is left of one where a dialect of the course is spoken,
// which has no more to say it with.
type lesser struct {
	options  string // the keys of those that are left
	words    string // of the synopsis
	line     string // or "", as ever
	examples []string
}

// inDialects is what there is less of.
func inDialects() map[string]lesser {
	return map[string]lesser{
		"dir":   {"r", "[PATH]", "lists the names in a folder there", []string{"dir logs"}},
		"del":   {"", "PATH", "deletes a file there", []string{"del old.txt"}},
		"copy":  {"", "FROM TO", "copies a file there", []string{"copy app.ini app.ini.bak"}},
		"get":   {"f p", "PATH [TARGET]", "fetches a file to here; TARGET - is standard output", []string{"get report.pdf", "get big.iso -"}},
		"exec":  {"", "PROG ARG…", "runs a program there until it ends; what it prints stays there", []string{"exec notepad"}},
		"shot":  {"o f format open preview", "", "", []string{"shot -o desk.png", "shot --open"}},
		"rand":  {"", "", "a number from 1 to 10", []string{"rand"}},
		"kill":  {"", "%N…", "ends jobs here", []string{"kill %1"}},
		"trace": {"", "[on|off|hex]", "shows what commands send and get, as lines or as bytes, on standard error", []string{"trace on", "trace hex", "trace off"}},
	}
}

// InDialect returns rows as they are shown where a dialect is spoken. A row
// takes its other options too: the gateway knows better what to say about them.
func InDialect(rows []Row) []Row {
	less := inDialects()
	for i, r := range rows {
		if l, ok := less[r.Name()]; ok {
			rows[i] = r.lessened(l)
		}
	}
	return rows
}

func (r Row) lessened(l lesser) Row {
	r.ShownKeys, r.Synopsis = strings.Fields(l.options), ""
	for _, o := range r.shownOptions() {
		r.Synopsis += "[" + o.String() + "] "
	}
	r.Synopsis = strings.TrimSpace(r.Synopsis + l.words)
	if r.Examples = l.examples; l.line != "" {
		r.Line = l.line
	}
	return r
}

// shownOptions are those that help and completion know.
func (r Row) shownOptions() []codec.Option {
	return slices.DeleteFunc(slices.Clone(r.Options), func(o codec.Option) bool { return r.ShownKeys != nil && !slices.Contains(r.ShownKeys, o.Key()) })
}
