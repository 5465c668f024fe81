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

// compared says whether something is left out as -u asks for: doubtful is
// what the sums have to tell.
func (e *transferRun) compared(there, here codec.Entry) (equal, doubtful bool) {
	switch {
	case !e.update || there.Kind != here.Kind:
		return false, false
	case e.sums && there.Kind == codec.Regular:
		return false, there.Size == here.Size
	}
	return transfer.Alike(there, here), false
}

// equals says whether one file is left out as -u asks for. open opens it here
// by its name.
func (e *transferRun) equals(
	ctx context.Context,
	there,
	here codec.Entry,
	open func(name string) (*os.File, error),
	name string,
) (bool, error) {
	equal, doubtful := e.compared(there, here)
	switch {
	case equal:
		e.equal++
	case doubtful:
		equal = true
		err := e.resolve(
			ctx,
			[]pending{{there.Name, difference{name: name}}},
			open,
			func(difference) { equal = false },
		)
		return equal, err
	}
	return equal, nil
}

// A pending is a file that is here and there in one size.
type pending struct {
	path    string // there
	differs difference
}

// sumsAtOnce is how many files one call of HASH is about.
const sumsAtOnce = 256

// resolve compares the sums of files that are doubtful, which open opens here,
// and hands on those that are not equal.
func (e *transferRun) resolve(
	ctx context.Context,
	files []pending,
	open func(name string) (*os.File, error),
	differs func(d difference),
) error {
	summer := compare.Summer{Open: open}
	for batch := range slices.Chunk(files, sumsAtOnce) {
		theirs := map[string]string{}
		var words []codec.Word
		for _, p := range batch {
			words = append(words, codec.Lit(p.path))
		}
		for some := range client.Batches(words) {
			err := e.env.Conn.Hash(
				ctx,
				client.Operands(some),
				func(codec.Frame) error { return nil },
				func(sum, path string) { theirs[path] = sum },
			)
			if err != nil && !console.IsCode(err, codec.Partial) { // what is wrong with a file shows when it crosses
				return err
			}
		}
		for _, p := range batch {
			ours, err := summer.Sum(ctx, p.differs.name)
			switch {
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case err == nil && ours == theirs[p.path]:
				e.equal++
			default:
				differs(p.differs)
			}
		}
	}
	return nil
}
