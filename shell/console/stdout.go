package console

import (
	"bufio"
	"context"
	"io"
	"sync"
	"time"
)

const (
	stdoutBuffer = 64 << 10
	// flushAfter is the age of buffered output at which the next write flushes the
	// buffer, so that a program that reads the output gets the first lines soon.
	flushAfter = 100 * time.Millisecond
)

// A stdout is the buffer of standard output.
type stdout struct {
	*bufio.Writer
	to    *watchedWriter
	since time.Time // when the first bytes in the buffer were written
}

func newStdout(w io.Writer) *stdout {
	to := &watchedWriter{w: w}
	return &stdout{Writer: bufio.NewWriterSize(to, stdoutBuffer), to: to}
}

// Write writes to the buffer.
func (o *stdout) Write(p []byte) (int, error) {
	if o.Buffered() == 0 {
		o.since = time.Now()
	}
	n, err := o.Writer.Write(p)
	if err == nil && time.Since(o.since) >= flushAfter {
		err = o.Flush()
	}
	if err != nil { // err may be the error of an earlier write
		o.to.fail(err)
	}
	return n, err
}

// A watchedWriter cancels a context when a write fails.
type watchedWriter struct {
	w io.Writer

	mu     sync.Mutex
	cancel context.CancelCauseFunc // may be nil
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	if err != nil {
		w.fail(err)
	}
	return n, err
}

func (w *watchedWriter) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cancel != nil {
		w.cancel(AboutStream("standard output", err))
	}
}

// UntilOutputFails returns a context that is cancelled when a write to standard output
// fails, for example because the program that reads the output has ended. The caller must
// call stop when the command has ended.
func (c *Console) UntilOutputFails(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := c.stdout.to
	w.mu.Lock()
	defer w.mu.Unlock()
	outer := w.cancel
	w.cancel = cancel
	return ctx, func() {
		w.mu.Lock()
		w.cancel = outer
		w.mu.Unlock()
		cancel(nil)
	}
}
