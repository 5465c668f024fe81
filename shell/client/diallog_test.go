package client_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/shell/client"
)

// A step without a log has no effect, and a step that is ended twice counts once.
func TestAStepEndsOnce(t *testing.T) {
	client.BeginStep(t.Context(), "TCP")("answers")
	var ended []string
	log := client.NewDialLog(func(name string, _ time.Duration, found string) {
		ended = append(ended, name+" "+found)
	})
	ctx := client.WithDialLog(t.Context(), log)
	address := client.BeginStep(ctx, "address")
	address("192.0.2.7")
	tcp := client.BeginStep(ctx, "TCP")
	address("192.0.2.8")
	tcp("answers")
	require.Equal(t, []string{"address 192.0.2.7", "TCP answers"}, ended)
}

// The duration of a step that Dial begins and the caller of Dial ends is measured
// from its beginning in Dial.
func TestAStepIsBegunOnce(t *testing.T) {
	var took time.Duration
	log := client.NewDialLog(func(_ string, d time.Duration, _ string) { took = d })
	client.BeginStep(client.WithDialLog(t.Context(), log), "dialect")
	_, began := log.Unfinished()
	require.Eventually(
		t,
		func() bool { return time.Since(began) > 20*time.Millisecond },
		time.Minute,
		time.Millisecond,
	)
	log.Begin("dialect")("ex27")
	require.GreaterOrEqual(t, took, 20*time.Millisecond)
}
