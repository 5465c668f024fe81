//go:build unix

package main

import (
	"io"
	"log/syslog"
	"os"
)

// stdioLog returns where a server on standard input logs: the log of the system. Its
// standard error would be shown to the technician.
func stdioLog() io.Writer {
	w, err := syslog.New(syslog.LOG_INFO|syslog.LOG_AUTHPRIV, "techshd")
	if err != nil {
		return os.Stderr // better than nothing
	}
	return w
}

// obeysEscapes reports whether the terminal f can show colours.
func obeysEscapes(*os.File) bool { return os.Getenv("TERM") != "dumb" }

// superuser returns the name of the user that may do anything, if techshd runs as that
// user.
func superuser() (name string, ok bool) { return "root", os.Geteuid() == 0 }
