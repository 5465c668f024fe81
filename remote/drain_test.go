package remote_test

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
)

func TestTransferMayEndWhenTheServerGoesDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		c, _ := n.as(t, n.peer)
		idle, _ := n.as(t, n.peer)
		news := make(chan string, 1)
		idle.News = func(kind, _ string) { news <- kind }
		text := bytes.Repeat([]byte("x"), 1000)
		half, rest := make(chan struct{}), make(chan struct{})
		done := make(chan error, 1)
		go func() {
			r := request(t, "PUT kept")
			whole := sendFile("kept", text)
			r.Send = func(ctx context.Context, up *link.Upstream) error {
				close(half)
				<-rest
				return whole(ctx, up)
			}
			_, err := c.Do(t.Context(), r)
			done <- err
		}()
		<-half
		synctest.Wait()
		stopped := make(chan struct{})
		go func() {
			n.stop()
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
		require.Equal(t, string(text), n.read(t, "kept"))
		c.Close()
		idle.Close()
	})
}

func TestTransferHasTenSecondsWhenTheServerGoesDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		c, _ := n.as(t, n.peer)
		half := make(chan struct{})
		done := make(chan error, 1)
		go func() {
			r := request(t, "PUT kept")
			r.Send = func(ctx context.Context, up *link.Upstream) error {
				close(half)
				<-ctx.Done()
				return nil
			}
			_, err := c.Do(t.Context(), r)
			done <- err
		}()
		<-half
		synctest.Wait()
		began := time.Now()
		n.stop()
		require.ErrorIs(t, <-done, &codec.Error{Code: codec.Draining})
		require.GreaterOrEqual(t, time.Since(began), 10*time.Second)
		require.Less(t, time.Since(began), 12*time.Second)
		c.Close()
	})
}
