package transfer

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"techsh/codec"
)

// beginLink handles the FILE of a link. A link may point anywhere, because this package
// never follows it.
func (r *Receiver) beginLink() error {
	e := r.entry
	if e.Target == "" {
		return codec.Errorf(codec.BadRequest, "a link without its target")
	}
	if strings.Contains(e.Name, "/") {
		in, base, err := r.parentFolder(e.Name)
		if err != nil || in.root == nil {
			return err
		}
		return r.makeLink(in.root, in.handle, base, in.force)
	}
	r.leaveFolders(0)
	t, err := r.chooseTarget()
	if err != nil {
		return err
	}
	if t.Writer != nil {
		return codec.Errorf(codec.NotRegular, "")
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
	if err := r.makeLink(t.Dir, d, t.Name, t.Force); err != nil {
		return err
	}
	return syncDir(d)
}

// makeLink makes the link in dir, which is open as d. With force it may replace a link
// or a regular file.
func (r *Receiver) makeLink(dir *os.Root, d *os.File, name string, force bool) error {
	err := dir.Symlink(r.entry.Target, name)
	if errors.Is(err, fs.ErrExist) && force {
		err = r.replaceByLink(dir, name)
	}
	if err != nil {
		return err
	}
	r.Links++
	if r.entry.Time.IsZero() {
		return nil
	}
	return setLinkTime(d, name, r.entry.Time)
}

func (r *Receiver) replaceByLink(dir *os.Root, name string) error {
	if r.Stays != nil {
		if err := r.Stays(dir, name); err != nil {
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
	part := r.tree.newPartName()
	if err := dir.Symlink(r.entry.Target, part); err != nil {
		return err
	}
	if err := dir.Rename(part, name); err != nil {
		_ = dir.Remove(part) // the link that was made above
		return err
	}
	return nil
}
