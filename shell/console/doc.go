// Package console is how the shell talks to the person or the script that runs it:
// streams, colors, tables, sizes, progress, questions and errors.
//
// Everything that is drawn on the terminal is drawn under one lock, and the status
// line of a Progress is erased in one way, so that nothing is drawn over anything
// else: the line that is being typed and lent terminals (Loan) included.
package console
