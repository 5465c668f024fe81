//go:build unix

package main

import (
	"io"
	"log/syslog"
	"os"
)

// systemLog returns the log of the system. If there is none, nothing is logged.
func systemLog() io.Writer {
	w, err := syslog.New(syslog.LOG_INFO|syslog.LOG_AUTHPRIV, "techshd")
	if err != nil {
		return io.Discard
	}
	return w
}

// hasReader returns true, because the program that starts a service keeps the standard
// error of the service.
func hasReader(*os.File) bool { return true }

// openStreams does nothing, because Go opens /dev/null for missing standard streams.
func openStreams() {}

// obeysEscapes reports whether the terminal f supports escape sequences.
func obeysEscapes(*os.File) bool { return os.Getenv("TERM") != "dumb" }

// superuser returns the name of the superuser. ok reports whether techshd runs as this
// user.
func superuser() (name string, ok bool) { return "root", os.Geteuid() == 0 }
