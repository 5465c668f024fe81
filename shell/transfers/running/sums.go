package running

import (
	"context"
	"os"
	"slices"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
)

// compareEntries reports whether -u treats two entries as equal. needsSum means that
// their checksums must be compared first.
func (r *Transfer) compareEntries(remote, local codec.Entry) (equal, needsSum bool) {
	switch {
	case !r.Options.Update || remote.Kind != local.Kind:
		return false, false
	case r.Options.SHA256 && remote.Kind == codec.Regular:
		return false, remote.Size == local.Size
	}
	return transfer.Alike(remote, local), false
}

// IsEqual reports whether -u skips a file that exists on both sides. If so, it counts
// the file as equal. The function open opens the local file by its name.
func (r *Transfer) IsEqual(
	ctx context.Context, remote, local codec.Entry, open func(name string) (*os.File, error), name string,
) (bool, error) {
	equal, needsSum := r.compareEntries(remote, local)
	if needsSum {
		equal = true
		checks := []sumCheck{{remote.Name, Difference{Name: name}}}
		err := r.compareSums(ctx, checks, open, func(Difference) { equal = false })
		return equal, err
	}
	if equal {
		r.Equal++
	}
	return equal, nil
}

// A sumCheck is a file with the same size on both sides, whose checksums must be
// compared.
type sumCheck struct {
	path string     // the remote path
	diff Difference // reported if the checksums differ
}

// maxHashFiles is the number of files in one call of HASH.
const maxHashFiles = 256

// compareSums compares the SHA-256 of the files in checks, and calls the function
// differs for those that differ. The function open opens a local file by its name.
func (r *Transfer) compareSums(
	ctx context.Context, checks []sumCheck, open func(name string) (*os.File, error), differs func(d Difference),
) error {
	summer := compare.Summer{Open: open}
	for batch := range slices.Chunk(checks, maxHashFiles) {
		remote, err := r.remoteSums(ctx, batch)
		if err != nil {
			return err
		}
		for _, check := range batch {
			local, err := summer.Sum(ctx, check.diff.Name)
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case err == nil && local == remote[check.path]:
				r.Equal++
			default:
				differs(check.diff)
			}
		}
	}
	return nil
}

// remoteSums returns the SHA-256 of remote files by path. If the remote cannot compute
// the checksum of a file, the map does not contain the file; its transfer reports the
// error.
func (r *Transfer) remoteSums(ctx context.Context, checks []sumCheck) (map[string]string, error) {
	var paths []codec.Word
	for _, check := range checks {
		paths = append(paths, codec.Lit(check.path))
	}
	sums := map[string]string{}
	ignore := func(codec.Frame) error { return nil }
	add := func(sum, path string) { sums[path] = sum }
	for batch := range client.Batches(paths) {
		err := r.Env.Conn.Hash(ctx, client.Operands(batch), ignore, add)
		if err != nil && !console.IsCode(err, codec.Partial) {
			return nil, err
		}
	}
	return sums, nil
}
