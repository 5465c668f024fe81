// Package shell is the engine of techsh, the technician's side: it connects to a
// remote, runs commands, scripts and background jobs, and reads lines at a prompt. A
// program gives a Shell its streams and a way to dial, and receives an exit status.
//
// The packages in its subfolders, from the lowest layer to the highest:
//
//   - lineedit: the line editor
//   - console: the communication with the user
//   - client: a connection to a remote
//   - command: what a command is, and how lines are parsed into commands
//   - files, transfers, programs, screen, machine: the commands, in packages with
//     the same names as their counterparts in remote
//   - protocol: the commands that show the protocol itself
//
// This package contains the commands that control the session itself. "techsh help
// commands" explains how to type all commands.
package shell
