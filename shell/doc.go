// Package shell is the engine of techsh, the technician's side: it connects to a remote,
// runs commands, scripts and background jobs, and reads lines at a prompt. A program that
// uses a Shell sets its streams and a function that opens connections, and receives an
// exit status.
//
// The packages in the subfolders of this package, from the lowest layer to the highest:
//
//   - lineedit: the line editor
//   - console: the communication with the user
//   - client: a connection to a remote
//   - command: what a command is, and how lines are parsed into commands
//   - files, transfers, programs, screen, machine: the commands; each package has the
//     same name as its counterpart in the folder remote
//   - protocol: the commands that show the protocol itself
//
// This package contains the commands that control the session itself. "techsh help
// commands" explains how to type all commands.
package shell
