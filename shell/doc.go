// Package shell is the engine of techsh, the technician's half: it connects to a
// remote, runs commands, scripts and background jobs, and reads lines at a prompt.
// A program gives a Shell its streams and a way to dial, and gets an exit status.
//
// The packages below it, in the order in which they may import each other:
//
//   - lineedit: the line editor
//   - console: everything that is said to a person
//   - client: one connection to a remote
//   - command: what a command is; how lines become commands
//   - files, transfers, programs, screen, machine: the commands, in packages that
//     have the names of their counterparts in remote
//   - protocol: the commands that show the protocol itself
//
// The commands of the session itself are in this package: "techsh help commands"
// shows how all of them are typed.
package shell
