// Package system asks any system what runs on it: processes, listeners, users and
// the facts of the machine. It is the only door to the library that knows how.
package system
