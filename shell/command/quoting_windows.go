package command

// localEscapes tells that a backslash and single quotes quote in the local shell.
const localEscapes = false
