//go:build unix

package main

import (
	"io"
	"log/syslog"
	"os"
)

// stdioLog returns the log for a server on standard input and output, whose standard
// error is the technician's terminal. It is the log of the system. If there is none,
// nothing is logged.
func stdioLog() io.Writer {
	w, err := syslog.New(syslog.LOG_INFO|syslog.LOG_AUTHPRIV, "techshd")
	if err != nil {
		return io.Discard
	}
	return w
}

// obeysEscapes reports whether the terminal f supports escape sequences.
func obeysEscapes(*os.File) bool { return os.Getenv("TERM") != "dumb" }

// superuser returns the name of the superuser. ok reports whether techshd runs as this
// user.
func superuser() (name string, ok bool) { return "root", os.Geteuid() == 0 }
