package x11

// NewSegment returns shared memory of size bytes, and its file descriptor.
func NewSegment(size int) (pix []byte, fd int, closeSegment func(), err error) {
	var s segment
	err = s.open(size)
	return s.pix, s.fd, s.close, err
}
