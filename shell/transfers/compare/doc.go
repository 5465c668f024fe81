// Package compare compares a remote folder with a local one, name by name, without
// keeping either listing in memory. Names are relative to the folder and use "/" on
// every system.
package compare
