package trust_test

import "os"

// fifo makes what is no regular file either.
func fifo(path string) error { return os.Mkdir(path, 0o700) }
