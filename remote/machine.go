package remote

import (
	"context"
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
		{verb: "INFO", right: trust.Info, synopsis: "", line: "system, version, machine, name, user, uptime", run: info},
		{verb: "PING", synopsis: "", line: "OK", run: ping},
		{verb: "SAY", synopsis: "TEXT", line: "shows the rest of the line to the person here", leading: true, run: say},
		{verb: "EXIT", long: []string{"quit", "bye"}, synopsis: "", line: "ends the conversation", run: bye},
	}
}

func help(_ context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 1); err != nil {
		return nil, err
	}
	var b strings.Builder
	may, err := r.may()
	if err != nil {
		return nil, err
	}
	for _, row := range r.server.table(r.guest) {
		if !may.Has(row.right) {
			continue
		}
		if len(r.args.Words) == 1 {
			want := strings.ToLower(r.args.Words[0].Text)
			means := want == strings.ToLower(row.verb)
			for _, l := range row.long {
				means = means || want == l
			}
			if !means {
				continue
			}
		}
		usage := strings.ToLower(row.verb) + " " + row.synopsis
		b.WriteString(pad(usage, 36) + row.line + "\n")
		if len(r.args.Words) == 1 {
			for _, o := range row.options {
				b.WriteString("  " + pad(o.String(), 34) + o.Line + "\n")
			}
			if len(row.long) > 0 {
				b.WriteString("  by hand also: " + strings.Join(row.long, " ") + "\n")
			}
		}
	}
	if b.Len() == 0 {
		return nil, &codec.Error{Code: codec.UnknownVerb, Name: r.args.Words[0].Text, Hint: "HELP lists the verbs"}
	}
	return nil, r.Write(codec.DATA, []byte(b.String()))
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(1, n-len([]rune(s)))) }

func echo(_ context.Context, r *request) (codec.Pairs, error) {
	var words []string
	for _, w := range r.args.Words {
		words = append(words, w.Text)
	}
	return nil, r.text("%s", strings.Join(words, " "))
}

func clock(_ context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 0); err != nil {
		return nil, err
	}
	return nil, r.text("%s", time.Now().Format("2006-01-02T15:04:05.000000000Z07:00"))
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

func info(_ context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 0); err != nil {
		return nil, err
	}
	self := r.server.known()
	h := codec.Host{
		System: runtime.GOOS, Version: systemVersion(), Machine: runtime.GOARCH,
		Name: self.host, User: self.user, Uptime: uptime(),
	}
	return nil, r.text("%s", h)
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
