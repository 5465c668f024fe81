//go:build unix && !darwin

package disk

import "golang.org/x/sys/unix"

// hiddenByFlag returns false: only a name hides a file.
func hiddenByFlag(*unix.Stat_t) bool { return false }
