// Package removal deletes files and trees of any depth. It can be limited to files whose
// states are known, so that it deletes nothing that has changed since it was copied or
// listed.
package removal
