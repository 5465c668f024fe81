package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"techsh/codec"
	"techsh/remote"
)

const (
	auditName = "audit.jsonl"
	auditLast = 100 // events that are shown unless others are asked for
)

// A deed is something that was done: an event, or a call with both its lines.
type deed struct {
	remote.Event
	unfinished bool // there is no line about its end
}

// audit shows what the audit log tells, a line for each deed.
func (m *manager) audit(args codec.Args) error {
	last := auditLast
	if text, ok := args.Value("n"); ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return usageError{fmt.Errorf("-n %s: a number is wanted, 0 is all", codec.Name(text))}
		}
		last = n
	}
	deeds, damage := deedsOf(m.folder.Path(auditName), last)
	width := 0
	for _, d := range deeds {
		width = max(width, utf8.RuneCountInString(codec.Show(d.Peer)))
	}
	for _, d := range deeds {
		if _, err := io.WriteString(m.out, m.line(d, width)+"\n"); err != nil {
			return err
		}
	}
	if len(deeds) == 0 && damage == nil {
		fmt.Fprintln(m.err, "The audit log is empty.")
	}
	return damage
}

// deedsOf returns the last deeds of the audit log at path, or with 0 all. The
// error says what is wrong with other lines.
func deedsOf(path string, last int) (deeds []*deed, damage error) {
	type caller struct {
		session int64
		id      string
	}
	running := map[caller]*deed{} // of each session the call that has begun
	bad := 0
	for e, err := range remote.Events(path) {
		if err != nil {
			if bad++; bad == 1 {
				damage = err
			}
			continue
		}
		who := caller{e.Session, e.ID}
		began := running[who]
		delete(running, who)
		if e.What == "close" && began != nil && began.Verb == e.Verb && began.Words == e.Words {
			e.Time = began.Time
			*began = deed{Event: e}
			continue
		}
		d := &deed{e, e.What == "open"}
		if d.unfinished {
			running[who] = d
		}
		if deeds = append(deeds, d); last > 0 && len(deeds) >= 2*last {
			deeds = slices.Clone(deeds[len(deeds)-last:]) // the rest is not needed any more
		}
	}
	if last > 0 && len(deeds) > last {
		deeds = deeds[len(deeds)-last:]
	}
	if bad > 1 {
		damage = fmt.Errorf("%w, nor are %d others", damage, bad-1)
	}
	return deeds, damage
}

// line shows a deed, with its peer in a column of that width.
func (m *manager) line(d *deed, width int) string {
	peer := codec.Show(d.Peer)
	pad := strings.Repeat(" ", width-utf8.RuneCountInString(peer))
	what := strings.TrimSpace(d.Verb + " " + d.Words)
	switch {
	case what == "":
		what = d.What
		if d.From != "" {
			what += " from " + d.From
		}
	case d.What != "open" && d.What != "close":
		what = d.What + " " + what
	}
	result, look := d.Result, green
	switch {
	case d.unfinished:
		result, look = "unfinished", yellow
	case result != "" && result != "ok":
		look = red
	}
	text := m.paint(faint, d.Time.Local().Format(time.DateTime)) + "  " + m.paint(cyan, peer) + pad + "  " + codec.Show(what)
	if result != "" {
		text += "  " + m.paint(look, codec.Show(result))
	}
	if d.Bytes > 0 {
		text += fmt.Sprintf("  %d B", d.Bytes)
	}
	if took := d.Took.Round(time.Millisecond); took > 0 {
		text += "  " + took.String()
	}
	return text
}
