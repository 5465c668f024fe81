package files

import (
	"context"
	"errors"
	"os"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

func hash(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(1, -1); err != nil {
		return nil, err
	}
	l := verb.NewLines(ctx, r)
	buf := make([]byte, 256<<10)
	err := r.Every(ctx, r.Args.Words, &l.Tally, func(path string) error {
		f, fi, err := r.View.Regular(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if fi.Size() > int64(len(buf)) { // earlier lines should not wait for a large file
			err = l.Flush()
		}
		sum := ""
		if err == nil {
			sum, err = sha256Of(ctx, f, buf)
		}
		if err != nil {
			return err
		}
		r.Sum = "sha256=" + sum
		return errors.Join(l.Line(sum+" "+codec.Quote(codec.Lit(path))), l.Pass())
	})
	if l.Done != 1 {
		r.Sum = ""
	}
	if err = errors.Join(err, l.Flush()); err != nil {
		return nil, err
	}
	return nil, l.Partial()
}

// sha256Of returns the SHA-256 of f from the current position to its end.
func sha256Of(ctx context.Context, f *os.File, buf []byte) (string, error) {
	defer disk.Interruptible(ctx, f)()
	return landing.SHA256Of(ctx, f, buf)
}
