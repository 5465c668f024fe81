package command

// localEscapes is whether the local shell supports backslash escapes and single
// quotes.
const localEscapes = false
