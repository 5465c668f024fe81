package running

import (
	"context"
	"os"
	"strings"

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
) (equal bool, err error) {
	equal, needsSum := r.compareEntries(remote, local)
	if needsSum {
		list := differences{EntryList{Budget: &r.Budget}}
		if err := list.add(Difference{Name: name}, remote.Name); err != nil {
			return false, err
		}
		return equal, r.compareSums(ctx, &list, open, func(_ Difference, same bool) error {
			equal = same
			return nil
		})
	}
	if equal {
		r.Equal++
	}
	return equal, nil
}

// maxHashFiles is the number of files in one call of HASH.
const maxHashFiles = 256

// compareSums compares the SHA-256 of the files in list, and calls the function decided
// for each. The function open opens a local file by its name.
func (r *Transfer) compareSums(
	ctx context.Context, list *differences, open func(name string) (*os.File, error),
	decided func(d Difference, equal bool) error,
) error {
	summer := compare.Summer{Open: open}
	var batch []Difference
	size := 0
	compareBatch := func() error {
		remote, err := r.remoteSums(ctx, batch)
		if err != nil {
			return err
		}
		for i, d := range batch {
			local, err := summer.Sum(ctx, d.Name)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			equal := err == nil && local == remote[i]
			if equal {
				r.Equal++
			}
			if err := decided(d, equal); err != nil {
				return err
			}
		}
		batch, size = batch[:0], 0
		return nil
	}
	for d := range list.all {
		size += len(d.Old.Name)
		if len(batch) == maxHashFiles || len(batch) > 0 && size > codec.MaxWords/4 {
			if err := compareBatch(); err != nil {
				return err
			}
			size = len(d.Old.Name)
		}
		batch = append(batch, d)
	}
	if len(batch) == 0 {
		return nil
	}
	return compareBatch()
}

// remoteSums returns the SHA-256 of the remote file of each difference. If the remote
// cannot compute the checksum of a file, the checksum is ""; the transfer of that file
// reports the error.
func (r *Transfer) remoteSums(ctx context.Context, batch []Difference) ([]string, error) {
	sums := make([]string, len(batch))
	index := map[string]int{}
	var paths []codec.Word
	for i, d := range batch {
		index[d.Old.Name] = i
		paths = append(paths, codec.Lit(d.Old.Name))
	}
	ignore := func(codec.Frame) error { return nil }
	err := r.Env.Conn.Hash(ctx, client.Operands(paths), ignore, func(sum, path string) {
		if i, requested := index[path]; requested {
			sums[i] = strings.Clone(sum)
		}
	})
	if console.IsCode(err, codec.Partial, codec.NotFound, codec.NotAllowed, codec.NotRegular) {
		err = nil
	}
	return sums, err
}
