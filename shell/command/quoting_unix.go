//go:build unix

package command

// localEscapes says whether the local shell supports backslash escapes and single
// quotes.
const localEscapes = true
