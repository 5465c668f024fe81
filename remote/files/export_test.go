package files

import (
	"context"
	"errors"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

// DiscardRow returns the verb DISC FROM TO, which deletes the files in FROM that were
// copied to TO.
func DiscardRow() verb.Row {
	return verb.Row{
		Verb:  "DISC",
		Right: trust.Del,
		Run: func(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
			from, err := r.View.Place(r.Args.Words[0].Text)
			if err != nil {
				return nil, err
			}
			defer from.Close()
			to, err := r.View.Place(r.Args.Words[1].Text)
			if err != nil {
				return nil, err
			}
			defer to.Close()
			e, _, err := r.View.Entry(from.Typed)
			if err != nil {
				return nil, err
			}
			d := discard{r: r, ctx: ctx}
			return nil, errors.Join(d.entry(from.Dir, to.Dir, to.Name, from.Name, e, from.Typed), d.Partial())
		},
	}
}
