package codec_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func BenchmarkFrameWrite(b *testing.B) {
	conn := over(nil, io.Discard)
	b.Run("data=256K", func(b *testing.B) {
		frame := make([]byte, codec.HeaderSize+256<<10)
		b.SetBytes(256 << 10)
		b.ReportAllocs()
		for b.Loop() {
			_ = conn.WriteReserved(codec.DATA, frame)
		}
	})
	b.Run("data=4K", func(b *testing.B) {
		body := make([]byte, 4<<10)
		b.SetBytes(4 << 10)
		b.ReportAllocs()
		for b.Loop() {
			_ = conn.Write(codec.DATA, body)
		}
	})
	b.Run("words", func(b *testing.B) {
		words := []codec.Word{codec.Lit("crc32c=8a9136aa"), codec.Lit("why=it changed")}
		b.ReportAllocs()
		for b.Loop() {
			_ = conn.WriteWords(codec.SUM, words...)
		}
	})
}

func BenchmarkFrameRead(b *testing.B) {
	for _, row := range []struct {
		name string
		verb codec.Verb
		body []byte
		hand bool
	}{
		{name: "data=256K", verb: codec.DATA, body: make([]byte, 256<<10)},
		{name: "data=4K", verb: codec.DATA, body: make([]byte, 4<<10)},
		{name: "data=64", verb: codec.DATA, body: make([]byte, 64)},
		{name: "words", verb: codec.MakeVerb("DIR"), body: []byte("-l \"C:\\Program Files\\\"\n")},
		{name: "hand", body: []byte("dir -l \"C:\\Program Files\\\"\n"), hand: true},
	} {
		b.Run(row.name, func(b *testing.B) {
			wire := bytes.NewBuffer(row.body)
			if !row.hand {
				wire = new(bytes.Buffer)
				out := over(nil, wire)
				require.NoError(b, out.Write(row.verb, row.body))
				require.NoError(b, out.Flush())
			}
			conn := over(&endless{frame: wire.Bytes()}, io.Discard)
			conn.Hand = row.hand
			b.SetBytes(int64(wire.Len()))
			b.ReportAllocs()
			for b.Loop() {
				f, err := conn.ReadFrame()
				if err == nil && !f.Verb.Raw() {
					_, err = f.Words()
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	for name, line := range map[string]string{
		"bare":    `put -r notes.txt C:\Users\ann\Documents`,
		"quoted":  `put -r "my notes.txt" "C:\My Documents\"`,
		"escaped": `put -r e"gr\xf6\xdfe"`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = codec.Split(line)
			}
		})
	}
}

func BenchmarkQuote(b *testing.B) {
	var dst []byte
	for name, text := range map[string]string{
		"bare":    `C:\Users\ann\Documents`,
		"quoted":  `C:\My Documents\it's "so"`,
		"escaped": "gr\xf6\xdfe\n",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dst = codec.AppendQuote(dst[:0], text, true)
			}
		})
	}
}

// entries returns entries whose lines are cheap or expensive to write and parse.
func entries() map[string]codec.Entry {
	e := codec.Entry{
		Kind: codec.Regular, Mode: 0o644, Size: 1234, Name: "notes.txt",
		Time: time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC),
	}
	quoted, link, picture := e, e, e
	quoted.Name = "my notes.txt"
	link.Kind, link.Target = codec.Link, "notes.txt"
	picture.More = codec.Pairs{
		codec.PairOf("display", 1), codec.PairOf("at", "0,0"), codec.PairOf("size", "1920x1080"),
	}
	return map[string]codec.Entry{"bare": e, "quoted": quoted, "link": link, "pairs": picture}
}

func BenchmarkEntryAppend(b *testing.B) {
	var dst []byte
	for name, e := range entries() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dst = e.Append(dst[:0])
			}
		})
	}
}

func BenchmarkEntryParse(b *testing.B) {
	for name, e := range entries() {
		line := e.String()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = codec.ParseEntry(line)
			}
		})
	}
	b.Run("listing=64K", func(b *testing.B) {
		var body []byte
		for i := 0; len(body) < 60<<10; i++ {
			e := entries()["bare"]
			e.Name = fmt.Sprintf("file%04d.txt", i)
			body = append(e.Append(body), '\n')
		}
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			_ = codec.Entries(body, func(codec.Entry) error { return nil })
		}
	})
}
