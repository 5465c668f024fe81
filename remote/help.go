package remote

import (
	"context"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/files"
	"techsh/remote/machine"
	"techsh/remote/transfers"
	"techsh/remote/verb"
)

// Table returns the table of verbs for a new session.
func (s *Server) Table() verb.Table {
	var table verb.Table
	help := verb.Row{
		Verb:     "HELP",
		Synopsis: "[VERB]",
		Line:     "this list, or the options of a verb, as text",
		Run: func(_ context.Context, r *verb.Request) (codec.Pairs, error) {
			return nil, answerHelp(r, table)
		},
	}
	known := s.known()
	table = slices.Concat(
		verb.Table{help},
		machine.Rows(known.self),
		files.Rows(),
		transfers.New().Rows(),
		known.programs.Rows(),
		machine.NetworkRows(),
		known.screen.Rows(),
		s.Verbs,
	)
	return table
}

// The help for people who type by hand, with nc or openssl s_client. They may have no
// other documentation, so it must be sufficient.
const (
	helpBefore = `Type a line and press Enter: a verb and its words. The answer is frames: a
verb, 10 digits that say how many bytes follow, and these bytes. The last frame
is OK, or ERR with a code and the reason.

`
	helpAfter = `
help VERB explains one, with lines to type: help dir, help put.
"My Documents" in quotes is one word, * and ? are patterns, ~ is home, and a
word that begins with - is an option. STOP cancels the call, EXIT hangs up. A
program sends frames like those of the answers, and no lines after the first.
`
)

// answerHelp answers HELP, which shows only the verbs that the peer may call.
func answerHelp(r *verb.Request, table verb.Table) error {
	if err := r.Need(0, 1); err != nil {
		return err
	}
	if err := r.May(trust.NoRights); err != nil {
		return err
	}
	var all strings.Builder
	for _, row := range table {
		switch {
		case r.May(row.Right) != nil:
		case len(r.Args.Words) == 0:
			all.WriteString(row.Summary())
		case row.Means(r.Args.Words[0].Text):
			return r.Call.Write(codec.DATA, []byte(row.Manual()))
		}
	}
	if len(r.Args.Words) > 0 {
		return verb.Unknown(r.Args.Words[0].Text)
	}
	return r.Call.Write(codec.DATA, []byte(helpBefore+all.String()+helpAfter))
}
