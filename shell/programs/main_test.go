package programs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/shelltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connectedEnv returns an Env with one job and a connection to a server that gives
// these answers.
func connectedEnv(t *testing.T, answers shelltest.Answers) *command.Env {
	t.Helper()
	dial := answers.Dial(t, codec.Hello{System: "linux", Host: "evil", Cwd: "/"})
	rwc, opening, err := dial(t.Context(), "", nil)
	require.NoError(t, err)
	conn, err := client.Greet(t.Context(), "", rwc, opening)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return &command.Env{Conn: conn, Jobs: command.Jobs{Names: func() []string { return []string{"%1"} }}}
}
