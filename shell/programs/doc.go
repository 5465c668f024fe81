// Package programs implements the commands that run, list and end remote programs:
// exec, sh, start, ps and kill.
package programs
