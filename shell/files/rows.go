package files

import (
	"slices"

	"techsh/shell/command"
)

// Rows returns the commands about files.
func Rows() []command.Row {
	return slices.Concat(
		listingRows(), searchRows(), usageRows(), folderRows(), fileRows(), deleteRows(), copyRows(), localRows(),
	)
}
