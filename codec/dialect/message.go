package dialect

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
)

// WIRE is the frame that shows a message of the dialect to the shell, see ParseMessage.
// Clients skip frames that they do not know.
const WIRE = 'W'<<24 | 'I'<<16 | 'R'<<8 | codec.Verb('E')

// A Message is a message of a dialect, split into its fields.
type Message struct {
	Dialect string
	Sent    bool // whether the client has sent the message
	Fields  []Field
	Missing int64 // the number of bytes that are left out of the last field
}

// A Field is a part of a message. Its Name is length, command, parameter-1 and so on,
// text, size, or, in a message without a length, bytes. The Bytes of a command or
// parameter include the space after it.
type Field struct {
	Name  string
	Bytes string
}

// The first word of WIRE says whether the client has sent or received the message.
const (
	wordSent     = "sent"
	wordReceived = "came"
)

// words returns the words of WIRE: the direction, the dialect, and a pair for each field.
// of= is the full length of the last field if it is cut.
func (m Message) words() []codec.Word {
	who := wordReceived
	if m.Sent {
		who = wordSent
	}
	var pairs codec.Pairs
	for _, f := range m.Fields {
		pairs = append(pairs, codec.Pair{Key: f.Name, Value: f.Bytes})
	}
	if n := len(m.Fields); m.Missing > 0 {
		pairs = append(pairs, codec.PairOf("of", int64(len(m.Fields[n-1].Bytes))+m.Missing))
	}
	return append(codec.Lits(who, m.Dialect), pairs.Words()...)
}

// ParseMessage parses a frame WIRE.
func ParseMessage(f codec.Frame) (m Message, err error) {
	bad := codec.Errorf(codec.BadFrame, "not a frame WIRE")
	if f.Verb != WIRE {
		return m, bad
	}
	words, err := f.Words()
	if err != nil || len(words) < 3 {
		return m, bad
	}
	m.Sent, m.Dialect = words[0].Text == wordSent, words[1].Text
	_, unknown := Named(m.Dialect)
	pairs, err := codec.ParsePairs(words[2:])
	for _, p := range pairs {
		if p.Key != "of" {
			m.Fields = append(m.Fields, Field{p.Key, p.Value})
		}
	}
	if unknown != nil || err != nil || len(m.Fields) == 0 {
		return Message{}, bad
	}
	if all, cut := pairs.Int("of"); cut {
		m.Missing = max(0, all-int64(len(m.Fields[len(m.Fields)-1].Bytes)))
	}
	return m, nil
}

// requestMessage splits a request into its fields.
func (d Dialect) requestMessage(request string) Message {
	m := Message{Dialect: d.name, Sent: true}
	if d.once {
		m.Fields = []Field{{"text", request}}
		return m
	}
	if d.fixed == 0 {
		m.Fields, request = []Field{{"length", request[:d.digits]}}, request[d.digits:]
	}
	for i, word := range slices.Collect(strings.SplitAfterSeq(request, " ")) {
		name := "command"
		if i > 0 {
			name = fmt.Sprintf("parameter-%d", i)
		}
		m.Fields = append(m.Fields, Field{name, word})
	}
	return m
}

// replyMessage splits a reply into its fields and cuts a long text. If isSize is true,
// the text is the size of the raw bytes that follow. If all does not begin with a length,
// all of it becomes the text.
func (d Dialect) replyMessage(all []byte, isSize bool) Message {
	m := Message{Dialect: d.name}
	if _, ok := parseDigits(all[:min(d.digits, len(all))]); ok && len(all) >= d.digits {
		m.Fields, all = []Field{{"length", string(all[:d.digits])}}, all[d.digits:]
	}
	name := "text"
	if isSize {
		name = "size"
	}
	return m.with(name, all, int64(len(all)))
}

// rawMessage returns a message that stands for raw bytes. size is their number, and begin
// has the first of them.
func (d Dialect) rawMessage(name string, begin []byte, size int64) Message {
	return Message{Dialect: d.name}.with(name, begin, size)
}

const maxShown = 64 // the number of bytes of a text or a file that are shown

func (m Message) with(name string, b []byte, size int64) Message {
	shown := b[:min(len(b), maxShown)]
	m.Fields = append(m.Fields, Field{name, string(shown)})
	m.Missing = size - int64(len(shown))
	return m
}

// show sends a message to the shell, in the answer to the current call.
func (a *client) show(m Message) {
	if a.call == nil {
		return
	}
	_ = a.call.WriteWords(WIRE, m.words()...) // sending the answer reports the error too
	if m.Sent {
		_ = a.call.Flush() // the rest of the answer may take long
	}
}

// tell sends NEWS that says what the current call waits for.
func (a *client) tell(kind, text string) {
	if a.call != nil {
		// sending the answer reports the error too
		_ = errors.Join(a.call.WriteWords(codec.NEWS, codec.Lits(kind, text)...), a.call.Flush())
	}
}

// duringCall calls the function do. The answer to the call c shows the messages that are
// exchanged until do returns.
func (a *client) duringCall(c *link.Call, do func() (codec.Pairs, error)) (codec.Pairs, error) {
	a.call = c
	defer func() { a.call = nil }()
	return do()
}
