package system

import (
	"fmt"
	"io"
	"time"
)

// windowTimeout is how long HoldWindow waits, so that a program that the system starts
// again after a failure does not wait for ever.
const windowTimeout = 10 * time.Minute

// HoldWindow lets the person read what a program that has failed has written. If the
// program has its own window, for example after a double click, the window would close
// when the program ends. HoldWindow therefore waits until a line is typed. A read of
// standard input cannot be interrupted, so the goroutine that reads may remain until the
// process ends.
func HoldWindow(in io.Reader, out io.Writer) {
	if !ownsWindow() {
		return
	}
	fmt.Fprint(out, "\nPress Enter to close this window. ")
	typed := make(chan struct{})
	go func() {
		defer close(typed)
		_, _ = in.Read(make([]byte, 4096)) // one read of a console returns a line
	}()
	select {
	case <-typed:
	case <-time.After(windowTimeout):
	}
}
