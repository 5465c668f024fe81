package files

import (
	"slices"

	"techsh/shell/command"
)

// Rows returns the commands of the package.
func Rows() []command.Row {
	return slices.Concat(
		listingRows(), searchRows(), usageRows(), folderRows(), fileRows(), deleteRows(), copyRows(), localRows(),
	)
}
