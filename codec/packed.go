package codec

import (
	"encoding/binary"
	"time"
)

// Packed is a queue of entries, encoded so that they need only a third of the memory.
type Packed []byte

// noTime is written instead of the nanoseconds if the time is zero.
const noTime = 1_000_000_000

// Add adds an entry at the end.
func (p *Packed) Add(e *Entry) {
	b := append(*p, byte(e.Kind))
	b = binary.AppendUvarint(b, uint64(e.Mode+1))
	b = binary.AppendUvarint(b, uint64(e.Size+1))
	if e.Time.IsZero() {
		b = binary.AppendUvarint(b, noTime)
	} else {
		b = binary.AppendUvarint(b, uint64(e.Time.Nanosecond()))
		b = binary.AppendVarint(b, e.Time.Unix())
	}
	b = appendText(appendText(b, e.Name), e.Target)
	b = binary.AppendUvarint(b, uint64(len(e.More)))
	for _, pair := range e.More {
		b = appendText(appendText(b, pair.Key), pair.Value)
	}
	*p = b
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// Take removes and returns the first entry.
func (p *Packed) Take() Entry {
	e := Entry{Kind: Kind((*p)[0])}
	*p = (*p)[1:]
	e.Mode, e.Size = int(p.takeNumber())-1, int64(p.takeNumber())-1
	if nanoseconds := p.takeNumber(); nanoseconds != noTime {
		seconds, n := binary.Varint(*p)
		*p = (*p)[n:]
		e.Time = time.Unix(seconds, int64(nanoseconds))
	}
	e.Name, e.Target = p.takeText(), p.takeText()
	for range p.takeNumber() {
		e.More = append(e.More, Pair{Key: p.takeText(), Value: p.takeText()})
	}
	return e
}

func (p *Packed) takeNumber() uint64 {
	v, n := binary.Uvarint(*p)
	*p = (*p)[n:]
	return v
}

func (p *Packed) takeText() string {
	n := p.takeNumber()
	text := string((*p)[:n])
	*p = (*p)[n:]
	return text
}
