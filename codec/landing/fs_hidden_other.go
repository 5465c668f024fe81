//go:build !darwin

package landing

import "io/fs"

// hiddenByFlag returns false: on this system a file is hidden only by its name.
func hiddenByFlag(func() (fs.FileInfo, error)) bool { return false }
