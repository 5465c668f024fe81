package lint

import (
	"fmt"
	"slices"
	"strings"
)

// A Check is something odd or broken that is sent to a server, and what the
// specification asks of it then, as a list of items:
//
//	HELO                  this frame, with everything that it must contain
//	OK key= key=value     an answer that ends with these pairs
//	ERR code key=value    likewise
//	NOTE code             the next frame
//	DATA text             the answer is this line, and nothing else
//	LINE pattern          the answer begins with a line that matches
//	end                   the connection ends, and nothing comes before
//	closed                likewise, even if it ends with an error
//	turned-away           no handshake; or at most ERR unpaired, and the connection ends
//	quiet                 nothing comes for a moment
//	refused               no handshake
//
// If the last item leaves the connection open, the connection must be usable
// afterwards, and nothing else may come.
type Check struct {
	Section string // of the specification
	Name    string
	Verb    string // that the server must offer, or ""

	begins    stage
	handshake Handshake // if it is not a proper one
	steps     []step
}

// A step is sent at once; its items must come before the next step.
type step struct {
	sends  string
	slowly bool // byte by byte
	wants  []string
}

// A stage is the point of a conversation at which a check begins.
type stage int

const (
	afterFirstCall  stage = iota // after the answer to a call
	beforeFirstCall              // after HELO, when lines may still be typed
	beforeAuth                   // nothing was sent
)

const cookieMark = "COOKIE" // stands for the cookie in the text of a step

// frame returns a frame as it is sent.
func frame(verb, body string) string { return fmt.Sprintf("%-4s %010d\n%s", verb, len(body), body) }

// newCheck returns a check that begins after a first call.
func newCheck(section, name, sends string, wants ...string) Check {
	return Check{Section: section, Name: name, steps: []step{{sends: sends, wants: wants}}}
}

// newFirstCheck returns a check that begins right after HELO.
func newFirstCheck(section, name, sends string, wants ...string) Check {
	c := newCheck(section, name, sends, wants...)
	c.begins = beforeFirstCall
	return c
}

// newCookieCheck returns a check of a server with a cookie, before AUTH.
func newCookieCheck(name, sends string, wants ...string) Check {
	c := newCheck("A conversation", name, sends, wants...)
	c.begins = beforeAuth
	return c
}

// newHandshakeCheck returns a check of a server with TLS.
func newHandshakeCheck(h Handshake, name, sends string, wants ...string) Check {
	c := newCheck("Trust", name, sends, wants...)
	c.begins, c.handshake = beforeAuth, h
	return c
}

// then returns the check with one more step.
func (c Check) then(sends string, wants ...string) Check {
	c.steps = append(c.steps, step{sends: sends, wants: wants})
	return c
}

// ifOffered returns the check for servers that offer a verb.
func (c Check) ifOffered(verb string) Check {
	c.Verb = verb
	return c
}

// Sent returns what the check sends, in a few words.
func (c Check) Sent() string {
	var parts []string
	for _, s := range c.steps {
		parts = append(parts, quoted(s.sends))
	}
	return strings.Join(parts, ", and then ")
}

// Expected returns what the server has to answer, in a few words.
func (c Check) Expected() string {
	var wants []string
	for _, s := range c.steps {
		for _, w := range s.wants {
			wants = append(wants, itemText(w))
		}
	}
	if staysOpen(c.steps) {
		wants = append(wants, "and the connection goes on")
	}
	return strings.Join(wants, ", ")
}

// itemText returns an item as people read it.
func itemText(want string) string {
	if text, data := strings.CutPrefix(want, "DATA "); data {
		return "DATA " + quoted(text+"\n")
	}
	if pattern, line := strings.CutPrefix(want, "LINE "); line {
		return "DATA with a line like " + pattern
	}
	return want
}

// staysOpen reports whether the connection must be usable after the steps.
func staysOpen(steps []step) bool {
	wants := steps[len(steps)-1].wants
	if len(wants) == 0 {
		return true
	}
	ends := []string{"end", "closed", "quiet", "refused", "turned-away"}
	return !slices.Contains(ends, wants[len(wants)-1])
}
