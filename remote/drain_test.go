package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
)

// putHalf puts a file of size bytes x, of which only the first half is sent
// before rest is closed. It comes back when that half has landed; in a bubble.
func (c *client) putHalf(name string, size int, rest <-chan struct{}) (done <-chan error) {
	ended := make(chan error, 1)
	go func() {
		r := request(c.t, "PUT "+name)
		r.Send = func(ctx context.Context, up *link.Upstream) error {
			half := bytes.Repeat([]byte("x"), size/2)
			err := errors.Join(up.Write(codec.FILE, fmt.Appendf(nil, "f 0644 %d - %s\n", size, name)), up.Write(codec.DATA, half), up.Flush())
			select {
			case <-rest:
				return errors.Join(err, up.Write(codec.DATA, half), up.WriteWords(codec.SUM, codec.Bare("none")))
			case <-ctx.Done():
				return err
			}
		}
		_, err := c.Do(c.t.Context(), r)
		ended <- err
	}()
	synctest.Wait()
	return ended
}

func TestTransferMayEndWhenTheServerGoesDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		c, _ := n.as(t, n.peer)
		idle, _ := n.as(t, n.peer)
		news := make(chan string, 1)
		idle.News = func(kind, _ string) { news <- kind }
		text := bytes.Repeat([]byte("x"), 1000)
		rest := make(chan struct{})
		done := c.putHalf("kept", len(text), rest)
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
		done := c.putHalf("kept", 1000, nil)
		began := time.Now()
		n.stop()
		require.ErrorIs(t, <-done, &codec.Error{Code: codec.Draining})
		require.GreaterOrEqual(t, time.Since(began), 10*time.Second)
		require.Less(t, time.Since(began), 12*time.Second)
		c.Close()
	})
}
