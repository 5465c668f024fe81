package landing

import "os"

// WriteAsync writes body in another goroutine, which then owns the body. The caller
// always gets another buffer in exchange. The error may come from the write of an earlier
// body.
func (l *Landing) WriteAsync(body []byte) (spare []byte, err error) {
	if l.async == nil {
		l.async = newAsyncWriter(l.f, cap(body))
	}
	l.async.bodies <- body
	w := <-l.async.spares
	return w.body, w.err
}

// awaitWrites waits until everything passed to WriteAsync is written.
func (l *Landing) awaitWrites() error {
	if l.async == nil {
		return nil
	}
	b := l.async
	l.async = nil
	close(b.bodies)
	var err error
	for w := range b.spares {
		err = w.err // every write after a failed one fails too
	}
	return err
}

// An asyncWriter writes a body to a file while the next body is read into a second
// buffer, so that copying out of the socket and into the file happen at the same time.
type asyncWriter struct {
	bodies chan []byte
	spares chan writeResult
}

type writeResult struct {
	body []byte
	err  error
}

func newAsyncWriter(f *os.File, size int) *asyncWriter {
	b := &asyncWriter{bodies: make(chan []byte, 1), spares: make(chan writeResult, 2)}
	b.spares <- writeResult{body: make([]byte, size)}
	go func() {
		defer close(b.spares)
		var err error
		for body := range b.bodies {
			if err == nil {
				_, err = f.Write(body)
			}
			b.spares <- writeResult{body, err}
		}
	}()
	return b
}
