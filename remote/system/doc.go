// Package system returns the processes, the listening sockets, the users and facts of
// this computer, on any system. It is the only package that imports the library gopsutil.
package system
