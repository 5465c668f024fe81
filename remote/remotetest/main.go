package remotetest

import (
	"flag"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"techsh/remote/remotetest/programs"
)

// Main runs the tests of a package, and fails if goroutines are left. The tests find the
// programs of package programs in PATH.
func Main(m *testing.M) {
	remove, err := programs.Provide()
	if err != nil {
		panic(err)
	}
	// Parallel tests mostly wait for time to pass, so many can run at once. With the
	// heavy tests, only few can.
	if err := flag.Set("test.parallel", strconv.Itoa(Rounds(2, 8))); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(cleaned{m, remove}, goleak.IgnoreAnyFunction("github.com/jezek/xgb.(*Conn).readResponses"))
}

// cleaned runs the tests of a package and then calls remove.
type cleaned struct {
	*testing.M
	remove func()
}

func (c cleaned) Run() int {
	defer c.remove()
	return c.M.Run()
}
