// Package system looks up the processes, the listening sockets, the users and other facts
// of this computer, on every operating system. No other package imports the library
// gopsutil.
package system
