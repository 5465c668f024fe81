package picture

// CodeSizes returns the bits of each symbol in a code for symbols that occur that often,
// at most longest.
func CodeSizes(occur []uint32, longest int) []uint8 {
	c := newCode(len(occur))
	c.fit(occur, longest)
	return c.size
}
