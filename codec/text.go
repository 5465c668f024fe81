package codec

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// DecodeText returns the text in a file as UTF-8, without a byte order mark. The file may
// be in UTF-8, or, as some editors of Windows write it, in UTF-16 with a byte order mark.
func DecodeText(b []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	}
	var units []uint16
	for b = b[2:]; len(b) >= 2; b = b[2:] {
		units = append(units, order.Uint16(b))
	}
	return []byte(string(utf16.Decode(units)))
}
