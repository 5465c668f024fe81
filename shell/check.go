package shell

import (
	"fmt"
	"slices"
	"strings"
)

// A check is something odd or broken that a server is sent, and what the
// specification says that it does then. Items of what is wanted are:
//
//	HELO                  that frame, with all that it must have
//	OK key= key=value     an answer that ends so, with these pairs
//	ERR code key=value    likewise
//	NOTE code             the next frame
//	DATA text             the answer is this line, and nothing else
//	LINE pattern          the answer begins with a line like this
//	end                   the connection ends, and nothing comes before
//	closed                likewise, however rudely
//	turned-away           no handshake; or at most ERR unpaired, and the connection ends
//	quiet                 nothing comes for a moment
//	refused               no handshake
//
// Where the last item leaves the connection open, it must go on as if
// nothing had been, and say nothing that was not asked.
type check struct {
	section string // of the specification
	name    string
	begins  stage
	needs   string   // a verb
	as      Stranger // who it is, if it is not us
	steps   []step
}

// A step is what is sent at once, and what has to come before the next.
type step struct {
	sends  string
	slowly bool // byte by byte
	wants  []string
}

// A stage is how far a conversation has got when a check begins.
type stage int

const (
	byHeader stage = iota // a first header was sent, and answered
	byHand                // the server has said HELO, and not one header was sent
	atGate                // nothing was said
)

const cookieHere = "COOKIE" // stands for it in what is sent

// frame spells a frame.
func frame(verb, body string) string { return fmt.Sprintf("%-4s %010d\n%s", verb, len(body), body) }

// later is a check behind a first call.
func later(section, name, sends string, wants ...string) check {
	return check{section: section, name: name, steps: []step{{sends: sends, wants: wants}}}
}

// first is a check right behind HELO.
func first(section, name, sends string, wants ...string) check {
	c := later(section, name, sends, wants...)
	c.begins = byHand
	return c
}

// gate is a check of a plain server that nothing was said to yet.
func gate(name, sends string, wants ...string) check {
	c := later("A conversation", name, sends, wants...)
	c.begins = atGate
	return c
}

// stranger is a check of a TLS server that does not know who we are.
func stranger(as Stranger, name, sends string, wants ...string) check {
	c := gate(name, sends, wants...)
	c.section, c.as = "Trust", as
	return c
}

// then is the same check, with one more step.
func (c check) then(sends string, wants ...string) check {
	c.steps = append(c.steps, step{sends: sends, wants: wants})
	return c
}

// of is the same check, for servers that have the verb.
func (c check) of(verb string) check {
	c.needs = verb
	return c
}

func (c check) sent() string {
	var parts []string
	for _, s := range c.steps {
		parts = append(parts, quoted(s.sends))
	}
	return strings.Join(parts, ", and then ")
}

func (c check) expected() string {
	var wants []string
	for _, s := range c.steps {
		for _, w := range s.wants {
			wants = append(wants, itemText(w))
		}
	}
	if goesOn(c.steps) {
		wants = append(wants, "and on it goes")
	}
	return strings.Join(wants, ", ")
}

// itemText is an item of what is wanted, for people.
func itemText(want string) string {
	if text, data := strings.CutPrefix(want, "DATA "); data {
		return "DATA " + quoted(text+"\n")
	}
	if pattern, line := strings.CutPrefix(want, "LINE "); line {
		return "DATA with a line like " + pattern
	}
	return want
}

// goesOn says whether the connection has to be usable behind the steps.
func goesOn(steps []step) bool {
	wants := steps[len(steps)-1].wants
	return len(wants) == 0 || !slices.Contains([]string{"end", "closed", "quiet", "refused", "turned-away"}, wants[len(wants)-1])
}
