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
	if errors.Is(err, fs.ErrExist) && t.Force {
		err = b.replaceByLink(dir, t.Name, e.Target)
	}
	if err != nil || e.Time.IsZero() {
		return err
	}
	return setLinkTime(d, t.Name, e.Time)
}

func (b *Batch) replaceByLink(dir *os.Root, name, target string) error {
	if b.Stays != nil {
		if err := b.Stays(dir, name); err != nil {
			return err
		}
	}
	fi, err := dir.Lstat(name)
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
