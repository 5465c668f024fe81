package transfers

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

// compareEntries reports whether -u skips an entry that both sides have, or
// whether the sums have to be compared first.
func (r *transferRun) compareEntries(remote, local codec.Entry) (equal, needsSum bool) {
	switch {
	case !r.opts.update || remote.Kind != local.Kind:
		return false, false
	case r.opts.sha256 && remote.Kind == codec.Regular:
		return false, remote.Size == local.Size
	}
	return transfer.Alike(remote, local), false
}

// isEqual reports whether -u skips a file that both sides have, and counts it if
// so. Open opens the local file by its name.
func (r *transferRun) isEqual(
	ctx context.Context, remote, local codec.Entry, open func(name string) (*os.File, error), name string,
) (bool, error) {
	equal, needsSum := r.compareEntries(remote, local)
	if needsSum {
		equal = true
		checks := []sumCheck{{remote.Name, difference{name: name}}}
		err := r.compareSums(ctx, checks, open, func(difference) { equal = false })
		return equal, err
	}
	if equal {
		r.equal++
	}
	return equal, nil
}

// A sumCheck is a file that has the same size on both sides, so that its sums have
// to be compared.
type sumCheck struct {
	path string     // on the remote
	diff difference // if the sums differ
}

// maxHashFiles is how many files one call of HASH is about.
const maxHashFiles = 256

// compareSums compares the SHA-256 of files and calls differs for those that are
// not equal. Open opens a local file by its name.
func (r *transferRun) compareSums(
	ctx context.Context, checks []sumCheck, open func(name string) (*os.File, error), differs func(d difference),
) error {
	summer := compare.Summer{Open: open}
	for batch := range slices.Chunk(checks, maxHashFiles) {
		remote, err := r.remoteSums(ctx, batch)
		if err != nil {
			return err
		}
		for _, check := range batch {
			local, err := summer.Sum(ctx, check.diff.name)
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case err == nil && local == remote[check.path]:
				r.equal++
			default:
				differs(check.diff)
			}
		}
	}
	return nil
}

// remoteSums returns the SHA-256 of remote files by path. A file without a sum
// will fail when it is transferred.
func (r *transferRun) remoteSums(ctx context.Context, checks []sumCheck) (map[string]string, error) {
	var paths []codec.Word
	for _, check := range checks {
		paths = append(paths, codec.Lit(check.path))
	}
	sums := map[string]string{}
	ignore := func(codec.Frame) error { return nil }
	add := func(sum, path string) { sums[path] = sum }
	for batch := range client.Batches(paths) {
		err := r.env.Conn.Hash(ctx, client.Operands(batch), ignore, add)
		if err != nil && !console.IsCode(err, codec.Partial) {
			return nil, err
		}
	}
	return sums, nil
}
