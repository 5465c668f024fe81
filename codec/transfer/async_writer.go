package transfer

import (
	"os"
)

// writeAsync is Write for a body that becomes the landing's own: it is written in
// another goroutine, and the caller goes on with the spare, also after an
// error, which may be that of an earlier body.
func (l *Landing) writeAsync(body []byte) (spare []byte, err error) {
	if l.async == nil {
		l.async = newAsyncWriter(l.f, cap(body))
	}
	l.async.bodies <- body
	w := <-l.async.spares
	return w.body, w.err
}

// awaitWrites waits until all that was taken is written.
func (l *Landing) awaitWrites() error {
	if l.async == nil {
		return nil
	}
	b := l.async
	l.async = nil
	close(b.bodies)
	var err error
	for w := range b.spares {
		err = w.err // once one has failed, all do
	}
	return err
}

// A asyncWriter writes bodies to a file while the next is read: with two, both of
// the machine's copies, out of the socket and into the file, go on at once.
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
