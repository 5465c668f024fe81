// Package programs is the room of remote programs: exec, sh and start run them, ps
// lists and kill ends them.
package programs
