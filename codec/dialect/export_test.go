package dialect

import (
	"io"

	"techsh/codec"
)

// Steps of the two gateways that tests call directly with many inputs.
var (
	ShrinkJPEG      = shrinkJPEG
	ConvertImage    = convertImage
	ParseClock      = parseClock
	DialectOfAnswer = dialectOfAnswer
	ProbeText       = probeText
)

// Limits of the client.
const (
	ReplyTimeout = replyTimeout
	QuietDelay   = quietDelay
	ExitTimeout  = exitTimeout
)

func ErrGarbage() error { return errGarbage }

func (d Dialect) ReadRequest(r io.Reader) (string, error) { return d.readRequest(r) }

func (d Dialect) Request(text string) ([]byte, error) { return d.request(text) }

func (d Dialect) Reply(text string) []byte { return d.reply(text) }

func (d Dialect) RequestMessage(request string) Message { return d.requestMessage(request) }

func (d Dialect) ReplyMessage(all []byte, isSize bool) Message { return d.replyMessage(all, isSize) }

func (d Dialect) ParseReply(all []byte) (string, bool) { return d.parseReply(all) }

// Frame returns the body of the frame WIRE that shows m.
func (m Message) Frame() []byte { return []byte(codec.Join(m.words()) + "\n") }
