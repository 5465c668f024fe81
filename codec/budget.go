package codec

// maxCollected is the number of bytes that a Budget allows. The process may grow by up to
// three times as many bytes, because the garbage collector does not free memory at once.
const maxCollected = 8 << 20

// A Budget limits the memory for what one call or command collects, because the other side
// may send any number of things, of any size. The zero value is ready for use.
type Budget struct{ used int }

// Take takes n bytes out of the budget. If fewer than n bytes are left, it returns an
// error with the code TooBig.
func (b *Budget) Take(n int) error {
	if b.used += n; b.used > maxCollected {
		return Errorf(TooBig, "more than fits into %d MiB of memory", maxCollected>>20)
	}
	return nil
}

// Return puts n bytes back.
func (b *Budget) Return(n int) { b.used -= n }
