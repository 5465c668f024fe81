package lineedit_test

import (
	"testing"

	"go.uber.org/goleak"

	"techsh/shell/console"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// text measures text in the same way as techsh.
var text = console.EditorText()
