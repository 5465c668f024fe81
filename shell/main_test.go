package shell

import (
	"flag"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil { // the parallel tests wait for time to pass
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// testTimeout is how long a test waits for what must happen: much longer than
// it takes on the slowest machine.
const testTimeout = time.Minute
