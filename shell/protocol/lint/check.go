package lint

import (
	"fmt"
	"slices"
	"strings"
)

// A Check is an unusual or invalid input for a server, and how the specification requires
// the server to react, as a list of items:
//
//	HELO                  a HELO with all mandatory parts
//	OK key= key=value     the answer ends with OK and contains these pairs
//	ERR code key=value    the answer ends with this ERR and contains these pairs
//	NOTE code             the next frame is a NOTE with this code
//	DATA text             the data of the answer is exactly this line
//	LINE pattern          the data of the answer begins with a line that matches
//	end                   the server sends nothing and closes the connection
//	closed                like end, but the connection may also break
//	turned-away           the handshake fails, or the connection ends, possibly after ERR unpaired
//	quiet                 the server sends nothing for a moment
//	refused               the handshake fails
//
// If the last item leaves the connection open, the connection must remain usable, and
// nothing else may be received.
type Check struct {
	Section string // section of the specification
	Name    string
	Verb    string // a verb that the server must offer, or ""

	begins    stage
	handshake Handshake // an invalid handshake, or ""
	steps     []step
}

// A step is a text to send, and the items that must be received before the next step.
type step struct {
	sends  string
	slowly bool // send byte by byte
	wants  []string
}

// A stage is the point in a conversation at which a check begins.
type stage int

const (
	afterFirstCall  stage = iota // after a call and its answer
	beforeFirstCall              // after HELO, when lines typed by hand are still accepted
	beforeAuth                   // before anything is sent
)

const cookieMark = "COOKIE" // replaced by the cookie when a step is sent

// frame returns an encoded frame.
func frame(verb, body string) string { return fmt.Sprintf("%-4s %010d\n%s", verb, len(body), body) }

// newCheck returns a check that begins after a first call.
func newCheck(section, name, sends string, wants ...string) Check {
	return Check{Section: section, Name: name, steps: []step{{sends: sends, wants: wants}}}
}

// newFirstCheck returns a check that begins directly after HELO.
func newFirstCheck(section, name, sends string, wants ...string) Check {
	c := newCheck(section, name, sends, wants...)
	c.begins = beforeFirstCall
	return c
}

// newCookieCheck returns a check for a server with a cookie; it begins before AUTH.
func newCookieCheck(name, sends string, wants ...string) Check {
	c := newCheck("A conversation", name, sends, wants...)
	c.begins = beforeAuth
	return c
}

// newHandshakeCheck returns a check for a server with TLS.
func newHandshakeCheck(h Handshake, name, sends string, wants ...string) Check {
	c := newCheck("Trust", name, sends, wants...)
	c.begins, c.handshake = beforeAuth, h
	return c
}

// then returns a copy of c with one more step at the end.
func (c Check) then(sends string, wants ...string) Check {
	c.steps = append(c.steps, step{sends: sends, wants: wants})
	return c
}

// ifOffered restricts c to servers that offer a verb.
func (c Check) ifOffered(verb string) Check {
	c.Verb = verb
	return c
}

// Sent describes what the check sends.
func (c Check) Sent() string {
	var parts []string
	for _, s := range c.steps {
		parts = append(parts, quoted(s.sends))
	}
	return strings.Join(parts, ", and then ")
}

// Expected describes how the server must answer.
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

// itemText returns an item in a readable form.
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
