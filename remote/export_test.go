package remote

import (
	"context"
	"errors"
	"os"

	"techsh/codec"
	"techsh/codec/trust"
)

// AddVerb gives the server one more verb, for tests of what a verb may do.
func (s *Server) AddVerb(verb string, stream bool, answer func(context.Context) error) {
	s.known().rows = append(s.known().rows, row{
		verb: verb, stream: stream, right: trust.Info,
		run: func(ctx context.Context, r *request) (codec.Pairs, error) {
			if stream {
				return nil, r.Receive(ctx, func(codec.Frame) error { return answer(ctx) })
			}
			return nil, answer(ctx)
		},
	})
}

// AddDiscard gives the server the verb DISC FROM TO: how what has been moved
// from FROM to TO is deleted.
func (s *Server) AddDiscard() {
	s.known().rows = append(s.known().rows, row{
		verb: "DISC", right: trust.Del,
		run: func(ctx context.Context, r *request) (codec.Pairs, error) {
			from, err := r.place(r.args.Words[0].Text)
			if err != nil {
				return nil, err
			}
			defer from.close()
			to, err := r.place(r.args.Words[1].Text)
			if err != nil {
				return nil, err
			}
			defer to.close()
			e, _, err := r.entry(from.said)
			if err != nil {
				return nil, err
			}
			d := discarding{request: r, ctx: ctx}
			return nil, errors.Join(d.one(from.dir, to.dir, to.name, from.name, e, from.said), d.partial())
		},
	})
}

// A VerbRow is what tests walk the verb table by.
type VerbRow struct {
	Verb     string
	Synopsis string
	Right    trust.Rights
	Asks     bool
}

// Verbs returns the verb table.
func Verbs() (list []VerbRow) {
	for _, r := range rows() {
		list = append(list, VerbRow{r.verb, r.synopsis, r.right, r.asks})
	}
	return list
}

// TableFor returns the verbs that a guest gets to see.
func TableFor(s *Server, g *Guest) (verbs []string) {
	for _, r := range s.table(g) {
		verbs = append(verbs, r.verb)
	}
	return verbs
}

// Enter is how a walk goes into what is called name in dir.
func Enter(dir *os.Root, name string) (*os.Root, error) {
	return (&session{disk: whole{}}).enter(dir, name)
}

// Waiting returns how many connections are not let in yet.
func Waiting(s *Server) int {
	s.lobby.mu.Lock()
	defer s.lobby.mu.Unlock()
	return len(s.lobby.waiting)
}

// Live returns how many sessions there are.
func Live(s *Server) int { return len(s.guests.all()) }

// CheckPicture is what a picture of that size is told.
func CheckPicture(pixels, bytes int) error {
	return errors.Join(atMost(pixels, maxPixels, "pixels"), atMost(bytes, maxShot, "bytes"))
}
