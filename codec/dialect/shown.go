package dialect

import (
	"techsh/codec"
	"techsh/codec/link"
)

// wireVerb is the frame with which a shell that traces is shown what crosses in
// the dialect: who said it, and pairs. Clients skip frames that they do not know.
const wireVerb = 'W'<<24 | 'I'<<16 | 'R'<<8 | codec.Verb('E')

// Who has said something, as it is shown.
const (
	weSaid   = "sent"
	theySaid = "came"
)

const mostShown = 64 // bytes of what is somebody's content

// show shows a message, cut into its length and its text, in the answer to the
// call that runs.
func (a *asker) show(who string, b []byte) {
	header := a.digits
	if who == weSaid && a.fixed > 0 || len(b) < header {
		header = 0
	}
	if _, ok := number(b[:header]); header == 0 || !ok {
		a.showAs(who, excerpt("text", b, int64(len(b))))
		return
	}
	a.showAs(who, append(codec.Pairs{{Key: "length", Value: string(b[:header])}}, excerpt("text", b[header:], int64(len(b)-header))...))
}

func (a *asker) showAs(who string, pairs codec.Pairs) {
	if a.call == nil {
		return
	}
	_ = a.call.WriteWords(wireVerb, append(codec.Lits(who), pairs.Words()...)...) // the answer finds out
	if who == weSaid {
		_ = a.call.Flush() // the answer may take its time
	}
}

// excerpt is the beginning of what is so long.
func excerpt(key string, b []byte, size int64) codec.Pairs {
	pairs := codec.Pairs{{Key: key, Value: string(b[:min(len(b), mostShown)])}}
	if size > mostShown {
		pairs = append(pairs, codec.PairOf("of", size))
	}
	return pairs
}

// during has what crosses shown in the answer to a call.
func (a *asker) during(c *link.Call, do func() (codec.Pairs, error)) (codec.Pairs, error) {
	a.call = c
	defer func() { a.call = nil }()
	return do()
}
