package landing

import (
	"errors"
	"io/fs"
	"os"

	"techsh/codec"
)

// MakeLink makes the link t with the target and time of e, and closes t.Dir. The link may
// point anywhere, because this package never follows it. With t.Force it may replace a
// link or a regular file.
func (b *Batch) MakeLink(t Target, e codec.Entry) error {
	if t.In != nil {
		if err := CheckName(t.Name); err != nil {
			return err
		}
		if err := b.reopen(t.In); err != nil {
			return err
		}
		return b.makeLink(t.In.root, t.In.handle, t, e)
	}
	defer t.Dir.Close()
	if err := CheckName(t.Name); err != nil {
		return err
	}
	d, err := t.Dir.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	if err := b.makeLink(t.Dir, d, t, e); err != nil {
		return err
	}
	return syncDir(d)
}

// makeLink makes the link in dir, which is open as d.
func (b *Batch) makeLink(dir *os.Root, d *os.File, t Target, e codec.Entry) error {
	err := dir.Symlink(e.Target, t.Name)
	if errors.Is(err, fs.ErrExist) {
		err = b.replaceByLink(dir, t, e.Target, err)
	}
	if err != nil {
		return err
	}
	t.arrivals().Add(dir, t.Name)
	if e.Time.IsZero() {
		return nil
	}
	return setLinkTime(d, t.Name, e.Time)
}

// replaceByLink makes the link t in dir after that has failed with exists, because the
// name is taken.
func (b *Batch) replaceByLink(dir *os.Root, t Target, target string, exists error) error {
	name := t.Name
	fi, err := dir.Lstat(name)
	if err == nil {
		err = t.arrivals().Check(dir, name, fi)
	}
	switch {
	case err != nil:
	case !t.Force:
		err = exists
	case b.Stays != nil:
		err = b.Stays(dir, name)
	}
	if err == nil && fi.Mode()&fs.ModeSymlink == 0 {
		l := Landing{dir: dir, name: name, force: true}
		_, err = l.target()
	}
	if err != nil {
		return err
	}
	part := newPartName()
	if err := dir.Symlink(target, part); err != nil {
		return err
	}
	if err := dir.Rename(part, name); err != nil {
		_ = dir.Remove(part) // the link that was made above
		return err
	}
	return nil
}
