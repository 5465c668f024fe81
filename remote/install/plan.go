package install

import (
	"context"
	"fmt"
	"io"
	"strings"

	"techsh/codec"
)

// A Plan is a list of actions in their order.
type Plan []Item

// An Item is an action of a plan.
type Item struct {
	Action
	Left string // why it is not to be run, or ""
}

// The reasons why an item is left out.
const (
	alreadyDone = "already so"
	notThere    = "nothing to undo"
	stillNeeded = "it tells that the rest is from techshd install"
)

// Install returns the plan for installing. If a step was done earlier, but differently,
// the plan first undoes this step and the steps after it.
func Install(ctx context.Context, steps []Step) (Plan, error) {
	states, err := check(ctx, steps)
	if err != nil {
		return nil, err
	}
	first := 0
	for first < len(steps) && (states[first] == present || steps[first].Obstacle != "") {
		first++
	}
	var p Plan
	for i := len(steps) - 1; i >= first; i-- {
		if states[i] != absent && steps[i].Obstacle == "" {
			p = append(p, Item{Action: steps[i].Undo})
		}
	}
	for i, s := range steps {
		item := Item{Action: s.Do, Left: s.Obstacle}
		if states[i] == present && (i < first || s.Obstacle != "") {
			item.Left = alreadyDone
		}
		p = append(p, item)
	}
	return p, nil
}

// Uninstall returns the plan for uninstalling. If something must stay, the file of the
// first step stays too.
func Uninstall(ctx context.Context, steps []Step) (Plan, error) {
	states, err := check(ctx, steps)
	if err != nil {
		return nil, err
	}
	var p Plan
	stays := false
	for i := len(steps) - 1; i >= 0; i-- {
		item := Item{Action: steps[i].Undo, Left: steps[i].Obstacle}
		switch {
		case states[i] == absent:
			item.Left = notThere
		case item.Left != "":
			stays = true
		case i == 0 && stays:
			item.Left = stillNeeded
		}
		p = append(p, item)
	}
	return p, nil
}

// check returns the states of the steps. It returns an error if something was made by
// somebody else.
func check(ctx context.Context, steps []Step) ([]state, error) {
	states := make([]state, len(steps))
	for i, s := range steps {
		var err error
		if states[i], err = s.check(ctx); err != nil {
			return nil, err
		}
		if states[0] == absent && states[i] != absent {
			return nil, &codec.Error{
				Code: codec.Exists, Name: Name, Text: "the system has it already, but not from techshd install",
				Hint: "to " + s.Undo.Text + " undoes that",
			}
		}
	}
	return states, nil
}

// Empty reports whether there is nothing to run.
func (p Plan) Empty() bool {
	for _, item := range p {
		if item.Left == "" {
			return false
		}
	}
	return true
}

// String returns the plan as lines, with the contents of the files.
func (p Plan) String() string {
	var b strings.Builder
	n := 0
	for _, item := range p {
		if item.Left != "" {
			fmt.Fprintf(&b, "    %s (%s)\n", item.Text, item.Left)
			continue
		}
		n++
		fmt.Fprintf(&b, "%2d  %s\n", n, item.Text)
		for line := range strings.Lines(item.Content) {
			b.WriteString(strings.TrimRight("        "+codec.Show(strings.TrimSuffix(line, "\n")), " ") + "\n")
		}
	}
	return b.String()
}

// Run runs the actions of the plan in their order, until one fails, and writes to out
// what was done and what not.
func (p Plan) Run(ctx context.Context, out io.Writer) error {
	var failure error
	for _, item := range p {
		switch {
		case item.Left != "":
			continue
		case failure != nil:
			fmt.Fprintln(out, "not done ", item.Text)
			continue
		}
		if failure = context.Cause(ctx); failure == nil {
			failure = item.run(ctx)
		}
		if failure == nil {
			fmt.Fprintln(out, "done     ", item.Text)
			continue
		}
		fmt.Fprintln(out, "failed   ", item.Text)
		e := codec.Explain("", failure)
		failure = &codec.Error{
			Code: e.Code, Text: strings.TrimPrefix(item.Text, "run ") + ": " + e.Error(),
			Hint: "what is done stays: the same command goes on from there, techshd uninstall takes it back",
		}
	}
	return failure
}
