package main

import (
	"io"
	"os"
)

// stdioLog is where a server behind a carrier logs. There is no log of the
// system that can be written without an installation.
func stdioLog() io.Writer { return os.Stderr }
