package lineedit_test

import (
	"testing"

	"go.uber.org/goleak"

	"techsh/shell/console"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// text measures text as techsh does.
var text = console.EditorText()
