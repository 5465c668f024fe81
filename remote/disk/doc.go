// Package disk implements the file system as a session sees it: the whole machine, or one
// folder of it. It resolves a path that a user has typed to a name in an open folder, so
// that the folder cannot be replaced by another between a check and the use of its
// result.
package disk
