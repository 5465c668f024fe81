package dialect

import (
	"io"

	"techsh/codec"
)

// For tests.
var (
	Shrunk    = shrunk
	Converted = converted
	MomentOf  = momentOf
	Speaks    = speaks
)

// Probe is what auto sends.
func Probe() string { return probe() }

// ErrGarbage is what is no message.
func ErrGarbage() error { return errGarbage }

// ReadRequest is readRequest.
func (d Dialect) ReadRequest(r io.Reader) (string, error) { return d.readRequest(r) }

// Request is request.
func (d Dialect) Request(text string) ([]byte, error) { return d.request(text) }

// Reply is reply.
func (d Dialect) Reply(text string) []byte { return d.reply(text) }

// Asked is asked.
func (d Dialect) Asked(request string) Message { return d.asked(request) }

// Answered is answered.
func (d Dialect) Answered(all []byte, isSize bool) Message { return d.answered(all, isSize) }

// Frame is the body of a frame WIRE.
func (m Message) Frame() []byte { return []byte(codec.Join(m.words()) + "\n") }

// Meaning is meaning.
func (d Dialect) Meaning(all []byte) (string, bool) { return d.meaning(all) }

// The client's limits.
const (
	ReplyWithin  = replyWithin
	RepliedAfter = repliedAfter
	LeaveWithin  = leaveWithin
)
