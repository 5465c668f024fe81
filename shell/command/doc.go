// Package command defines what a command of the shell is, and parses the lines that
// call commands.
//
// A Row is a command, and a Table contains the commands of a session. Table.Scan
// splits a typed line into commands and tokens in one pass: words, operators ("<",
// ">", ">>", "|", "&", ";"), and the rest of the line after a command such as sh,
// which takes it verbatim. Parse checks the result of Scan, Env.Complete completes
// the word before the cursor, and HoldsSecret keeps cookies out of the history.
//
// A command runs in an Env, which holds everything that it may use: the console, the
// connection, the local folder.
package command
