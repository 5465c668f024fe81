package remotetest

import (
	"flag"
	"strconv"
	"testing"

	"go.uber.org/goleak"
)

// Main runs the tests of a package, and fails if goroutines are left.
func Main(m *testing.M) {
	// Parallel tests mostly wait for time to pass, unless the heavy tests run.
	if err := flag.Set("test.parallel", strconv.Itoa(Rounds(2, 8))); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/jezek/xgb.(*Conn).readResponses"))
}
