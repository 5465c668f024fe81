package dialect

import (
	"io"
	"time"
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

// Meaning is meaning.
func (d Dialect) Meaning(all []byte) (string, bool) { return d.meaning(all) }

// The client's limits.
const (
	ReplyWithin  = replyWithin
	RepliedAfter = repliedAfter
	LeaveWithin  = time.Second
)
