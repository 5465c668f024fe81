package remote

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

func machineRows() []row {
	return []row{
		{verb: "HELP", synopsis: "[VERB]", line: "this list, or a verb's options, as text", run: help},
		{verb: "ECHO", synopsis: "[WORD…]", line: "says the words again", leading: true, run: echo},
		{verb: "TIME", synopsis: "", line: "the clock here, with its zone", run: clock},
		{verb: "NAME", synopsis: "", line: "the name of this computer", run: name},
		{verb: "RAND", synopsis: "[MAX]", line: "a number from 1 to MAX, which is 10", run: random},
		{verb: "INFO", right: trust.Info, synopsis: "", line: "system, version, machine, name, user, uptime; processor, load, memory", run: info},
		{verb: "WHO", right: trust.Info, synopsis: "", line: "who is logged in", run: who},
		{verb: "PING", synopsis: "", line: "OK", run: ping},
		{verb: "SAY", synopsis: "TEXT", line: "shows the rest of the line to the person here", leading: true, run: say},
		{verb: "EXIT", long: []string{"quit", "bye"}, synopsis: "", line: "ends the conversation", run: bye},
	}
}

func echo(_ context.Context, r *request) (codec.Pairs, error) {
	var words []string
	for _, w := range r.args.Words {
		words = append(words, w.Text)
	}
	return nil, r.text("%s", strings.Join(words, " "))
}

func clock(_ context.Context, r *request) (codec.Pairs, error) {
	received := time.Now()
	if err := r.need(0, 0); err != nil {
		return nil, err
	}
	pairs := codec.Pairs{codec.PairOf("received", received.Format(codec.TimeLayout))}
	return pairs, r.text("%s", time.Now().Format(codec.TimeLayout))
}

func name(_ context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 0); err != nil {
		return nil, err
	}
	return nil, r.text("%s", r.server.known().host)
}

func random(_ context.Context, r *request) (codec.Pairs, error) {
	most := int64(10)
	if err := r.need(0, 1); err != nil {
		return nil, err
	}
	if len(r.args.Words) == 1 {
		var ok bool
		if most, ok = codec.ParseNumber(r.args.Words[0].Text); !ok || most < 1 {
			return nil, &codec.Error{Code: codec.BadRequest, Name: r.args.Words[0].Text, Text: "MAX is a number from 1 on"}
		}
	}
	return nil, r.text("%d", 1+rand.Int64N(most))
}

func info(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 0); err != nil {
		return nil, err
	}
	self := r.server.known()
	h := codec.Host{
		System: runtime.GOOS, Version: systemVersion(), Machine: runtime.GOARCH,
		Name: self.host, User: self.user, Uptime: uptime(), More: facts(ctx),
	}
	if list, err := users(ctx); err == nil {
		h.More = append(h.More, codec.PairOf("users", len(list)))
	}
	return nil, r.text("%s", h)
}

func who(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 0); err != nil {
		return nil, err
	}
	list, err := users(ctx)
	if err != nil {
		return nil, err
	}
	l := r.listing(ctx)
	for _, u := range list {
		err = errors.Join(err, l.line(u.String()))
	}
	return nil, errors.Join(err, l.flush())
}

func say(_ context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	r.log.Info("says", "text", codec.Show(codec.Rest(r.line, r.args.Words)))
	return nil, nil
}

func ping(_ context.Context, r *request) (codec.Pairs, error) { return nil, r.need(0, 0) }

func bye(_ context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 0); err != nil {
		return nil, err
	}
	return nil, link.ErrBye
}
