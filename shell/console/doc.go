// Package console implements the communication with the user or the script that runs
// the shell: streams, colors, tables, sizes, progress, questions and errors.
//
// Everything on the terminal is drawn under one lock, even the line being typed and
// the output of a program to which the terminal is lent (Loan). The status line of a
// Progress is erased before other output, so that no output overwrites other output.
package console
