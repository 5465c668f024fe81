package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"techsh/codec"
	"techsh/remote/audit"
)

const (
	auditName = "audit.jsonl"
	auditLast = 100 // the number of lines that are shown if -n is not given
)

// An action is a single event, or a call, which has an event at its beginning and one at
// its end.
type action struct {
	audit.Event
	unfinished bool // the event at the end of the call is missing
}

// audit implements "techshd audit": it shows the audit log, a line for each action.
func (m *manager) audit(_ context.Context, args codec.Args) error {
	last := auditLast
	if text, ok := args.Value("n"); ok {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return usageError{fmt.Errorf("-n %s: a number is wanted, 0 is all", codec.Name(text))}
		}
		last = n
	}
	actions, damage := readActions(m.folder.Path(auditName), last)
	width := 0
	for _, a := range actions {
		width = max(width, utf8.RuneCountInString(codec.Show(a.Peer)))
	}
	for _, a := range actions {
		if _, err := io.WriteString(m.out, m.line(a, width)+"\n"); err != nil {
			return err
		}
	}
	if len(actions) == 0 && damage == nil {
		fmt.Fprintln(m.err, "The audit log is empty.")
	}
	return damage
}

// readActions returns the newest actions in the audit log at path. last is the maximum
// number of actions to return; 0 means all. damage is an error about damaged lines, or
// nil.
func readActions(path string, last int) (actions []*action, damage error) {
	type caller struct {
		session int64
		id      string
	}
	running := map[caller]*action{} // the running call of each session
	bad := 0
	for e, err := range audit.Events(path) {
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
			*began = action{Event: e}
			continue
		}
		a := &action{e, e.What == "open"}
		if a.unfinished {
			running[who] = a
		}
		if actions = append(actions, a); last > 0 && len(actions) >= 2*last {
			actions = slices.Clone(actions[len(actions)-last:]) // older ones are not needed
		}
	}
	if last > 0 && len(actions) > last {
		actions = actions[len(actions)-last:]
	}
	if bad > 1 {
		damage = fmt.Errorf("%w, nor are %d others", damage, bad-1)
	}
	return actions, damage
}

// line formats an action as a line. width is the width of the column for the peer.
func (m *manager) line(a *action, width int) string {
	peer := codec.Show(a.Peer)
	pad := strings.Repeat(" ", width-utf8.RuneCountInString(peer))
	what := strings.TrimSpace(a.Verb + " " + a.Words)
	switch {
	case what == "":
		what = a.What
		if a.From != "" {
			what += " from " + a.From
		}
	case a.What != "open" && a.What != "close":
		what = a.What + " " + what
	}
	result, look := a.Result, green
	switch {
	case a.unfinished:
		result, look = "unfinished", yellow
	case result != "" && result != "ok":
		look = red
	}
	at := a.Time.Local().Format(time.DateTime)
	text := m.paint(faint, at) + "  " + m.paint(cyan, peer) + pad + "  " + codec.Show(what)
	if a.Times > 0 {
		text += fmt.Sprintf("  x %d", a.Times)
	}
	if result != "" {
		text += "  " + m.paint(look, codec.Show(result))
	}
	if a.Bytes > 0 {
		text += fmt.Sprintf("  %d B", a.Bytes)
	}
	if took := a.Took.Round(time.Millisecond); took > 0 {
		text += "  " + took.String()
	}
	return text
}
