package main

import (
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestTheAdviceForATakenPortIsRightForEveryWayToListen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	_, err = listen(taken.Addr().String())
	e, ok := errors.AsType[*codec.Error](err)
	require.True(t, ok, err)
	require.Equal(t, codec.Busy, e.Code)
	require.Equal(t, "is it another techshd? port 0 is any free one", e.Hint, "neither --listen nor --dialect alone")
}
