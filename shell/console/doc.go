// Package console implements the communication with the user or the script that runs
// the shell: streams, colors, tables, sizes, progress, questions and errors.
//
// Everything on the terminal, even the line being typed and the output of a program
// that uses a lent terminal (Loan), is drawn under one lock, and the status line of a
// Progress is erased first, so that no output overwrites other output.
package console
