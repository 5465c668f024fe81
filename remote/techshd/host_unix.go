//go:build unix

package main

import (
	"io"
	"log/syslog"
	"os"
)

// stdioLog is where a server behind a carrier logs: in the system's log. Its
// standard error would come out on the technician's screen, not here.
func stdioLog() io.Writer {
	w, err := syslog.New(syslog.LOG_INFO|syslog.LOG_AUTHPRIV, "techshd")
	if err != nil {
		return os.Stderr // better there than nowhere
	}
	return w
}

// obeysEscapes says whether the terminal f can show colours.
func obeysEscapes(*os.File) bool { return os.Getenv("TERM") != "dumb" }

// master returns what the user who may do anything here is called, if we are
// that user.
func master() (name string, ok bool) { return "root", os.Geteuid() == 0 }
