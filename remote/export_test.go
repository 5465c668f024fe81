package remote

import (
	"context"

	"techsh/codec"
)

// AddVerb gives the server one more verb, for tests of what a verb may do.
func (s *Server) AddVerb(verb string, stream bool, answer func(context.Context) error) {
	s.known().rows = append(s.known().rows, row{
		verb: verb, stream: stream,
		run: func(ctx context.Context, r *request) (codec.Pairs, error) {
			if stream {
				return nil, r.Receive(ctx, func(codec.Frame) error { return answer(ctx) })
			}
			return nil, answer(ctx)
		},
	})
}
