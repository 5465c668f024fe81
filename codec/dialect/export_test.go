package dialect

import (
	"io"

	"techsh/codec"
)

// For tests.
var (
	Shrunk    = shrinkJPEG
	Converted = convertImage
	MomentOf  = parseClock
	Speaks    = dialectOfAnswer
)

// Probe is what auto sends.
func Probe() string { return probeText() }

// ErrGarbage is what is no message.
func ErrGarbage() error { return errGarbage }

// ReadRequest is readRequest.
func (d Dialect) ReadRequest(r io.Reader) (string, error) { return d.readRequest(r) }

// Request is request.
func (d Dialect) Request(text string) ([]byte, error) { return d.request(text) }

// Reply is reply.
func (d Dialect) Reply(text string) []byte { return d.reply(text) }

// Asked is asked.
func (d Dialect) Asked(request string) Message { return d.requestMessage(request) }

// Answered is answered.
func (d Dialect) Answered(all []byte, isSize bool) Message { return d.replyMessage(all, isSize) }

// Frame is the body of a frame WIRE.
func (m Message) Frame() []byte { return []byte(codec.Join(m.words()) + "\n") }

// Meaning is meaning.
func (d Dialect) Meaning(all []byte) (string, bool) { return d.parseReply(all) }

// The client's limits.
const (
	ReplyWithin  = replyTimeout
	RepliedAfter = quietDelay
	LeaveWithin  = exitTimeout
)
