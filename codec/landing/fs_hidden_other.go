//go:build !darwin

package landing

import "io/fs"

// hiddenByFlag returns false: only a name hides a file.
func hiddenByFlag(func() (fs.FileInfo, error)) bool { return false }
