package transfers

import (
	"context"

	"techsh/codec"
	"techsh/remote/verb"
)

// planPut returns the plan of a PUT. The person is asked only if the PUT may replace
// something. For a PUT into a folder, the plan has only the folder, because the names of
// the files are not known before they arrive.
func planPut(ctx context.Context, r *verb.Request) (p verb.Plan, err error) {
	if err := r.Need(0, 1); err != nil || !r.Args.Has("f") {
		return p, err
	}
	path := "."
	if len(r.Args.Words) == 1 {
		if path, err = r.View.One(ctx, verb.Literal(r.Args.Words)[0]); err != nil {
			return p, err
		}
	}
	if dir, real, err := r.View.Folder(path); err == nil {
		p.AddFolder(real)
		p.Text = "into " + codec.Name(r.View.FS.Real(real)) + ", where files of the same names are replaced"
		return p, dir.Close()
	}
	at, err := r.View.Place(path)
	if err != nil {
		return p, codec.Explain(path, err)
	}
	defer at.Close()
	if old, err := at.Dir.Lstat(at.Name); err == nil {
		p.AddFile(at.Real, old)
		p.Text = codec.Name(r.View.FS.Real(at.Real)) + ", which is replaced"
	}
	return p, nil
}
