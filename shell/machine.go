package shell

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

func machineRows() []row {
	return []row{
		{names: []string{"time"}, line: "the clock there, and how far it is from the one here", verb: "TIME", run: clock, examples: []string{"time"}},
		{names: []string{"name"}, line: "the name of the computer", verb: "NAME", run: plainText("NAME"), examples: []string{"name"}},
		{
			names: []string{"rand"}, synopsis: "[MAX]", line: "a number from 1 to MAX, which is 10", most: 1, verb: "RAND", run: plainText("RAND"),
			examples: []string{"rand", "rand 6"},
		},
		{
			names: []string{"echo"}, synopsis: "[WORD…]", line: "has the remote say the words again", most: -1, leading: true, verb: "ECHO", run: plainText("ECHO"),
			examples: []string{"echo hello"},
		},
		{names: []string{"info"}, line: "system, version, host, user, uptime, processor, load, memory, disks", verb: "INFO", run: info, examples: []string{"info"}},
		{
			names: []string{"say"}, synopsis: "TEXT", line: "says the rest of the line to the person there, on techshd's console", leading: true, verbatim: true, least: 1, most: -1,
			verb: "SAY", run: say, examples: []string{"say I am going to restart the printer now"},
		},
	}
}

// plainText prints the line that the remote answers.
func plainText(verb string) func(context.Context, *Env, invocation) error {
	return func(ctx context.Context, env *Env, in invocation) error {
		text, err := env.Conn.Text(ctx, verb, Guarded(in.Words)...)
		if err == nil {
			fmt.Fprintln(env.Console, env.Console.Printable(strings.TrimSuffix(text, "\n")))
		}
		return err
	}
}

// clockTries is how often the clock there is asked for its time.
const clockTries = 4

// A reading is what the clock there has shown, and how far it was ahead of
// ours then, give or take the error.
type reading struct {
	there        time.Time
	ahead, error time.Duration
}

// readingOf makes one of the four moments of a call: when it was sent,
// received, answered, and the answer came.
func readingOf(sent, received, answered, came time.Time) reading {
	onItsWay := came.Sub(sent) - max(0, answered.Sub(received))
	return reading{
		there: answered,
		ahead: received.Sub(sent)/2 + answered.Sub(came)/2,
		error: max(0, onItsWay)/2 + time.Microsecond,
	}
}

func clock(ctx context.Context, env *Env, _ invocation) error {
	best, err := bestReading(ctx, env.Conn)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Console, "%s, %s\n", best.there.Format("2006-01-02 15:04:05 -0700"), best) // their clock in their zone
	return nil
}

// bestReading is the one of a few that tells most.
func bestReading(ctx context.Context, conn *Client) (best reading, err error) {
	for n := range clockTries {
		r, err := readClock(ctx, conn)
		if err != nil {
			return best, err
		}
		if n == 0 || r.error < best.error {
			best = r
		}
	}
	return best, nil
}

func readClock(ctx context.Context, conn *Client) (reading, error) {
	var answered, received time.Time
	sent := time.Now()
	text := ""
	pairs, err := conn.Call(ctx, "TIME", nil, link.Answer{Data: func(b []byte) error {
		text = string(b)
		return nil
	}})
	came := time.Now()
	if err == nil {
		answered, err = moment(strings.TrimSpace(text))
	}
	received = answered
	if at, ok := pairs.Get("received"); ok && err == nil {
		received, err = moment(at)
	}
	r := readingOf(sent, received, answered, came)
	if seconds, ok := pairs.Get("precision"); ok && err == nil {
		var d time.Duration
		d, err = precision(seconds)
		r.error += d / 2
	}
	return r, err
}

// precision is what a clock shows no parts of, in seconds.
func precision(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text + "s")
	if err != nil || d < 0 || d > 24*time.Hour {
		err = codec.Errorf(codec.BadFrame, "%s is no precision", codec.Name(text))
	}
	return d, err
}

func moment(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		err = codec.Errorf(codec.BadFrame, "%s is no time", codec.Name(text))
	}
	return t, err
}

// String says "3 m 12 s ahead of here, ± 4 ms".
func (r reading) String() string {
	const most = math.MaxInt64 - 1 // of two halves; what is longer is no Duration
	switch {
	case r.ahead >= most:
		return "more than 292 years ahead of here"
	case r.ahead <= -most:
		return "more than 292 years behind here"
	}
	about := ", ± " + ShortText(r.error)
	switch {
	case r.ahead.Abs() <= r.error:
		return "as here" + about
	case r.ahead < 0:
		return LongText(r.ahead.Abs()) + " behind here" + about
	}
	return LongText(r.ahead) + " ahead of here" + about
}

// info says what is known of the computer, and of the disks in it.
func info(ctx context.Context, env *Env, _ invocation) error {
	text, err := env.Conn.Text(ctx, "INFO")
	if err != nil {
		return err
	}
	h, err := codec.ParseHost(strings.TrimSuffix(text, "\n"))
	if err != nil {
		return err
	}
	env.fact("system", strings.TrimSpace(h.System+" "+h.Machine))
	env.fact("version", h.Version)
	env.fact("host", h.Name)
	env.fact("user", h.User)
	if h.Uptime > 0 {
		env.fact("uptime", UptimeText(h.Uptime))
	}
	for _, p := range inWords(h.More) {
		env.fact(p.Key, p.Value)
	}
	if !env.Conn.Offers("DF") {
		return nil
	}
	return env.Conn.Lines(ctx, "DF", nil, env.Console.PrintNote, func(line string) error {
		v, err := codec.ParseVolume(line)
		if err == nil && !strings.HasSuffix(v.Type, "tmpfs") { // which is memory
			env.fact("disk", fmt.Sprintf("%s, %s free, %s", Size(v.Size), Size(v.Free), codec.Name(v.Mount)))
		}
		return err
	})
}

// fact prints what is known of something.
func (env *Env) fact(name, value string) {
	if value != "" {
		fmt.Fprintf(env.Console, "%s %s\n", env.Console.Paint.Dim(fmt.Sprintf("%-8s", codec.Show(name))), env.Console.Printable(value))
	}
}

// inWords is what the pairs of a Host say, for people.
func inWords(more codec.Pairs) (facts codec.Pairs) {
	for _, p := range more {
		amount, isAmount := codec.ParseNumber(p.Value)
		free, hasFree := more.Int(p.Key + "-free")
		switch {
		case strings.HasSuffix(p.Key, "-free"): // said with what it is of
			continue
		case p.Key == "load":
			p.Value = strings.ReplaceAll(p.Value, ",", " ")
		case isAmount && hasFree:
			p.Value = Size(amount) + ", " + Size(free) + " free"
		}
		facts = append(facts, p)
	}
	return facts
}

func say(ctx context.Context, env *Env, in invocation) error {
	_, err := env.Conn.Call(ctx, "SAY", in.Words, link.Answer{})
	if err == nil {
		env.Console.Tell("the person there can read it on techshd's console")
	}
	return err
}
