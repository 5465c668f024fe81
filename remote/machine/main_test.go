package machine_test

import (
	"testing"

	"techsh/remote/remotetest"
)

func TestMain(m *testing.M) { remotetest.Main(m) }
