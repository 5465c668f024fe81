package trust_test

import "os"

// fifo makes a folder, since Windows has no FIFOs: it is not a regular file either.
func fifo(path string) error { return os.Mkdir(path, 0o700) }
