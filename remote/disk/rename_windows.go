package disk

import "errors"

// renameSpot renames by paths, because Windows has no call for two open folders.
func renameSpot(f FS, from, to Spot) error { return f.Rename(from.Real, to.Real) }

func linkSpot(f FS, from, to Spot) error { return f.Link(from.Real, to.Real) }

// renameNewSpot is not supported. The caller uses links instead.
func renameNewSpot(Spot, Spot) error { return errors.ErrUnsupported }
