package remote

// renameSpot goes by paths: there is no call here that takes two open folders.
func renameSpot(d disk, from, to spot) error { return d.rename(from.real, to.real) }

func linkSpot(d disk, from, to spot) error { return d.link(from.real, to.real) }
