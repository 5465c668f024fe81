package machine

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote/system"
	"techsh/remote/verb"
)

// Self has the names of this computer and of the user that the server runs as.
type Self struct{ Host, User string }

// NewSelf returns the names that the system reports.
func NewSelf() Self {
	host, _ := os.Hostname()
	return Self{Host: host, User: userName()}
}

// Rows returns the verbs of this package, except for those of NetworkRows.
func Rows(self Self) verb.Table {
	return verb.Table{
		{
			Verb:         "ECHO",
			Synopsis:     "[WORD…]",
			Line:         "prints the words",
			OptionsFirst: true,
			Run:          echo,
		},
		{
			Verb: "TIME",
			Line: "the time on the remote, with its time zone",
			Run:  clock,
		},
		{
			Verb: "NAME",
			Line: "the name of the remote",
			Run:  self.name,
		},
		{
			Verb:     "RAND",
			Synopsis: "[MAX]",
			Line:     "a random number from 1 to MAX, by default 10",
			Run:      random,
		},
		{
			Verb:  "INFO",
			Right: trust.Info,
			Line:  "system, version, machine, name, user, uptime; processor, load, memory",
			Run:   self.info,
		},
		{
			Verb:  "WHO",
			Right: trust.Info,
			Line:  "the users who are logged in",
			Run:   who,
		},
		{
			Verb: "PING",
			Line: "OK",
			Run:  ping,
		},
		{
			Verb:         "SAY",
			Synopsis:     "TEXT",
			Line:         "shows the rest of the line to the person at the remote",
			OptionsFirst: true,
			Run:          say,
		},
		{
			Verb: "EXIT",
			Long: []string{"quit", "bye"},
			Line: "ends the conversation",
			Run:  exit,
		},
	}
}

func echo(_ context.Context, r *verb.Request) (codec.Pairs, error) {
	var words []string
	for _, w := range r.Args.Words {
		words = append(words, w.Text)
	}
	return nil, r.Text("%s", strings.Join(words, " "))
}

func clock(_ context.Context, r *verb.Request) (codec.Pairs, error) {
	received := time.Now()
	if err := r.Need(0, 0); err != nil {
		return nil, err
	}
	pairs := codec.Pairs{codec.PairOf("received", received.Format(codec.TimeLayout))}
	return pairs, r.Text("%s", time.Now().Format(codec.TimeLayout))
}

func (s Self) name(_ context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(0, 0); err != nil {
		return nil, err
	}
	return nil, r.Text("%s", s.Host)
}

func random(_ context.Context, r *verb.Request) (codec.Pairs, error) {
	most := int64(10)
	if err := r.Need(0, 1); err != nil {
		return nil, err
	}
	if len(r.Args.Words) == 1 {
		text := r.Args.Words[0].Text
		var ok bool
		if most, ok = codec.ParseNumber(text); !ok || most < 1 {
			return nil, &codec.Error{Code: codec.BadRequest, Name: text, Text: "MAX is a number from 1 on"}
		}
	}
	return nil, r.Text("%d", 1+rand.Int64N(most))
}

func (s Self) info(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(0, 0); err != nil {
		return nil, err
	}
	h := codec.Host{
		System: runtime.GOOS, Version: systemVersion(), Machine: runtime.GOARCH,
		Name: s.Host, User: s.User, Uptime: uptime(), More: system.Facts(ctx),
	}
	if list, err := users(ctx); err == nil {
		h.More = append(h.More, codec.PairOf("users", len(list)))
	}
	return nil, r.Text("%s", h)
}

func who(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(0, 0); err != nil {
		return nil, err
	}
	list, err := users(ctx)
	if err != nil {
		return nil, err
	}
	l := verb.NewLines(ctx, r)
	for _, u := range list {
		err = errors.Join(err, l.Line(u.String()))
	}
	return nil, errors.Join(err, l.Flush())
}

func say(_ context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(1, -1); err != nil {
		return nil, err
	}
	r.Log.Info("says", "text", codec.Show(codec.Rest(r.Line, r.Args.Words)))
	return nil, nil
}

func ping(_ context.Context, r *verb.Request) (codec.Pairs, error) { return nil, r.Need(0, 0) }

func exit(_ context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(0, 0); err != nil {
		return nil, err
	}
	return nil, link.ErrBye
}
