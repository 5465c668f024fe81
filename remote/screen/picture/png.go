package picture

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"runtime"
	"sync"
)

// stripBytes is the approximate size of the strips that are compressed separately. A
// strip and its compressed form fit into the cache of a processor.
const stripBytes = 192 << 10

// PNG writes m as a PNG file with 8 bits each of red, green and blue. All processors
// compress strips, and each strip is written while others are being compressed.
func PNG(w io.Writer, m *Image) error {
	rows := max(1, stripBytes/(1+3*m.Size.X))
	n := (m.Size.Y + rows - 1) / rows
	todo := make(chan int, n)
	done := make([]chan *strip, n)
	for i := range n {
		todo <- i
		done[i] = make(chan *strip, 1)
	}
	close(todo)
	workers := min(runtime.GOMAXPROCS(0), n)
	free := make(chan *strip, workers+1)
	for range workers + 1 { // one more than workers, because one is being written
		free <- newStrip()
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(free)
	for range workers {
		wg.Go(func() {
			for s := range free {
				i, more := <-todo
				if !more {
					return
				}
				s.panicked = kept(func() { s.compress(m, i*rows, min((i+1)*rows, m.Size.Y), i == n-1) })
				done[i] <- s
			}
		})
	}
	if _, err := w.Write(begin(m)); err != nil {
		return err
	}
	var all sum
	for _, ready := range done {
		s := <-ready
		if s.panicked != nil {
			panic(s.panicked)
		}
		if _, err := w.Write(s.chunk); err != nil {
			return err
		}
		all.append(s.sum)
		free <- s
	}
	_, err := w.Write(end(all))
	return err
}

// begin returns everything before the pixels: the header of the file, and the header of
// zlib (RFC 1950) for a window of 32 KiB.
func begin(m *Image) []byte {
	const depth, trueColor = 8, 2
	size := binary.BigEndian.AppendUint32(nil, uint32(m.Size.X))
	size = binary.BigEndian.AppendUint32(size, uint32(m.Size.Y))
	b := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(size, depth, trueColor, 0, 0, 0))...)
	return append(b, chunk("IDAT", []byte{0x78, 0x01})...)
}

// end returns everything after the pixels.
func end(all sum) []byte {
	b := chunk("IDAT", binary.BigEndian.AppendUint32(nil, all.adler32()))
	return append(b, chunk("IEND", nil)...)
}

// chunk returns a chunk of a PNG file.
func chunk(kind string, body []byte) []byte {
	return sealChunk(append(append(make([]byte, 4, len(body)+chunkFrame), kind...), body...))
}

const chunkFrame = 12 // bytes of a chunk besides its body

// sealChunk turns b into a chunk: it sets the length and appends the checksum. b must
// consist of four bytes for the length of the body, the kind, and the body.
func sealChunk(b []byte) []byte {
	binary.BigEndian.PutUint32(b, uint32(len(b)-8))
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}
