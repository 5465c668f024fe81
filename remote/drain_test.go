package remote_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

func TestTransferMayEndWhenTheServerGoesDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		c, _ := n.As(t, n.Peer)
		idle, _ := n.As(t, n.Peer)
		news := make(chan string, 1)
		idle.News = func(kind, _ string) { news <- kind }
		text := bytes.Repeat([]byte("x"), 1000)
		rest := make(chan struct{})
		done := c.PutHalf("kept", len(text), rest)
		stopped := make(chan struct{})
		go func() {
			n.Stop()
			close(stopped)
		}()
		require.Equal(t, "draining", <-news)
		<-idle.Ended()
		require.ErrorIs(t, idle.Err(), &codec.Error{Code: codec.Draining})
		time.Sleep(9 * time.Second)
		close(rest)
		require.NoError(t, <-done)
		<-c.Ended()
		require.ErrorIs(t, c.Err(), &codec.Error{Code: codec.Draining})
		<-stopped
		require.Equal(t, string(text), n.Read(t, "kept"))
		c.Close()
		idle.Close()
	})
}

func TestTransferHasTenSecondsWhenTheServerGoesDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		c, _ := n.As(t, n.Peer)
		done := c.PutHalf("kept", 1000, nil)
		began := time.Now()
		n.Stop()
		require.ErrorIs(t, <-done, &codec.Error{Code: codec.Draining})
		require.GreaterOrEqual(t, time.Since(began), 10*time.Second)
		require.Less(t, time.Since(began), 12*time.Second)
		c.Close()
	})
}
