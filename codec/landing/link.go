package landing

import (
	"errors"
	"io/fs"
	"os"

	"techsh/codec"
)

// folderLink is the key of the pair folder=yes, which the entry of a link has if the link
// leads to a folder. Windows distinguishes such links, and the folder may come later.
const folderLink = "folder"

// LinkEntry returns an Entry called name for a link that is sent. folder is true if the
// link is known to lead to a folder; links on Windows tell that themselves.
func LinkEntry(name string, fi os.FileInfo, target string, folder bool) codec.Entry {
	e := EntryOf(name, fi)
	e.Target = sentTarget(target)
	if folder || isFolderLink(fi) {
		e.More = append(e.More, codec.Pair{Key: folderLink, Value: "yes"})
	}
	return e
}

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
	target, err := ownTarget(e.Target)
	if err != nil {
		return err
	}
	folder, _ := e.More.Get(folderLink)
	link := func(name string) error { return symlink(dir, d, target, name, folder == "yes") }
	err = link(t.Name)
	if errors.Is(err, fs.ErrExist) {
		err = b.replaceByLink(dir, t, link, err)
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

// replaceByLink replaces t in dir by a link, which the function link makes under another
// name. exists is the error that says that the name of t is taken.
func (b *Batch) replaceByLink(dir *os.Root, t Target, link func(name string) error, exists error) error {
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
	if err := link(part); err != nil {
		return err
	}
	err = dir.Rename(part, name)
	if err != nil && fi.Mode()&fs.ModeSymlink != 0 && dir.Remove(name) == nil {
		err = dir.Rename(part, name) // Windows does not replace a link that is for folders
	}
	if err != nil {
		_ = dir.Remove(part) // the link that was made above
	}
	return err
}
