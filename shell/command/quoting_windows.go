package command

// localEscapes reports whether a backslash and single quotes quote in the local shell.
const localEscapes = false
