package transfer

import "os"

// take is Write for a body that becomes the landing's own: it is written in
// another goroutine, and the caller goes on with the spare, also after an
// error, which may be that of an earlier body.
func (l *Landing) take(body []byte) (spare []byte, err error) {
	if l.behind == nil {
		l.behind = startBehind(l.f, cap(body))
	}
	l.behind.bodies <- body
	w := <-l.behind.spares
	return w.body, w.err
}

// settle waits until all that was taken is written.
func (l *Landing) settle() error {
	if l.behind == nil {
		return nil
	}
	b := l.behind
	l.behind = nil
	close(b.bodies)
	var err error
	for w := range b.spares {
		err = w.err // once one has failed, all do
	}
	return err
}

// A behind writes bodies to a file while the next is read: with two, both of
// the machine's copies, out of the socket and into the file, go on at once.
type behind struct {
	bodies chan []byte
	spares chan written
}

type written struct {
	body []byte
	err  error
}

func startBehind(f *os.File, size int) *behind {
	b := &behind{bodies: make(chan []byte, 1), spares: make(chan written, 2)}
	b.spares <- written{body: make([]byte, size)}
	go func() {
		defer close(b.spares)
		var err error
		for body := range b.bodies {
			if err == nil {
				_, err = f.Write(body)
			}
			b.spares <- written{body, err}
		}
	}()
	return b
}
