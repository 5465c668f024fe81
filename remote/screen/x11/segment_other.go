//go:build !linux

package x11

import (
	"errors"
	"net"
)

// A segment is not supported on this system.
type segment struct {
	pix     []byte
	missing bool
}

func (*segment) open(int) error                   { return errors.ErrUnsupported }
func (*segment) pass(*net.UnixConn, []byte) error { return errors.ErrUnsupported }
func (*segment) close()                           {}
