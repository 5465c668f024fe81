// Package command describes the commands of the shell and reads the lines that
// call them.
//
// A Row is one command, a Table the commands of a session. Table.Scan divides a
// typed line into commands and tokens in one pass: words, operators ("<", ">",
// ">>", "|", "&", ";"), and the rest of the line behind commands that take it as
// typed, such as sh. Parse checks what Scan has found, Env.Complete completes the
// word in front of the cursor, and HoldsSecret keeps cookies out of the history.
//
// A command runs in an Env, which is all that it may touch: the console, the
// connection, the local folder.
package command
