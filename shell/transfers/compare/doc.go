// Package compare compares a folder of the remote with one of this computer,
// name by name, without keeping either of them in memory. Names are those of a
// stream: relative to the folder, with "/" on every system.
package compare
