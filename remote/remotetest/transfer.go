package remotetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
)

// PutHalf begins a PUT of size bytes and sends the second half when the channel rest is
// closed. It must be called in a bubble of synctest, and returns when the server has
// received the first half.
func (c *Client) PutHalf(name string, size int, rest <-chan struct{}) (done <-chan error) {
	ended := make(chan error, 1)
	go func() {
		r := NewRequest(c.T, "PUT "+name)
		r.Send = func(ctx context.Context, up *link.Upstream) error {
			half := bytes.Repeat([]byte("x"), size/2)
			err := errors.Join(
				up.Write(codec.FILE, fmt.Appendf(nil, "f 0644 %d - %s\n", size, name)),
				up.Write(codec.DATA, half),
				up.Flush(),
			)
			select {
			case <-rest:
				return errors.Join(err, up.Write(codec.DATA, half), up.WriteWords(codec.SUM, codec.Bare("none")))
			case <-ctx.Done():
				return err
			}
		}
		_, err := c.Do(c.T.Context(), r)
		ended <- err
	}()
	synctest.Wait()
	return ended
}

// CancelAfter makes a call and cancels it after n frames of the answer.
func (c *Client) CancelAfter(n int, r link.Request) error {
	ctx, cancel := context.WithCancel(c.T.Context())
	defer cancel()
	r.Recv = func(codec.Frame) error {
		if n--; n == 0 {
			cancel()
		}
		return nil
	}
	_, err := c.Do(ctx, r)
	return err
}

func Parts(t testing.TB, dir string) []string {
	list, err := filepath.Glob(filepath.Join(dir, ".techsh-part-*"))
	require.NoError(t, err)
	return list
}
