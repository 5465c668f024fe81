package transfer

import (
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
)

// An enteredFolder is a folder of a tree that contains the current position in the
// stream.
type enteredFolder struct {
	end   int // its path is Receiver.at[:end]
	force bool
	umask landing.Umask
	on    *landing.Folder // nil if it was refused; its contents are then ignored
}

// target returns the target called name in f.
func (f *enteredFolder) target(name string) landing.Target {
	return landing.Target{In: f.on, Name: name, Force: f.force, Umask: f.umask}
}

// disk returns the Batch that puts the files on disk.
func (r *Receiver) disk() *landing.Batch {
	if r.batch == nil {
		r.batch = &landing.Batch{
			Failed: func(name string, err error) { r.Failed(name, err) }, Enter: r.Enter, Stays: r.Stays,
		}
	}
	return r.batch
}

// beginFolder handles the FILE of a folder.
func (r *Receiver) beginFolder() error {
	f := &enteredFolder{end: len(r.entry.Name)}
	err := r.makeFolder(f)
	if err == nil || f.end > 0 {
		r.entered = append(r.entered, f)
		r.at = r.entry.Name
		if len(r.entered) == 1 {
			r.topLabel = r.label
		}
	}
	return err
}

func (r *Receiver) makeFolder(f *enteredFolder) error {
	var t landing.Target
	var err error
	if strings.Contains(r.entry.Name, "/") {
		in, base, err := r.parentFolder(r.entry.Name)
		if in == nil {
			f.end = 0 // so that no entry is regarded as part of this folder
		}
		if err != nil || in.on == nil {
			return err
		}
		t = in.target(base)
	} else {
		r.leaveFolders(0)
		if t, err = r.chooseTarget(); err != nil {
			return err
		}
		if t.Writer != nil {
			return codec.Errorf(codec.IsDirectory, "")
		}
	}
	f.force, f.umask, t.Label = t.Force, t.Umask, r.label
	if f.on, err = r.disk().MakeFolder(t, r.entry); err != nil {
		return err
	}
	r.Folders++
	return nil
}

// parentFolder returns the folder that contains the entry called name, and the last
// component of name. It finishes the folders that the stream has left. If the stream is
// not inside the folder of the entry, it returns an error.
func (r *Receiver) parentFolder(name string) (in *enteredFolder, base string, err error) {
	cut := strings.LastIndexByte(name, '/')
	base = strings.Clone(name[cut+1:]) // not a part of the long path
	for n := len(r.entered); n > 0 && in == nil; n-- {
		if f := r.entered[n-1]; f.end == cut && r.at[:cut] == name[:cut] {
			r.leaveFolders(n)
			in = f
		}
	}
	if in == nil {
		for part := range strings.SplitSeq(name, "/") {
			if err := landing.CheckName(part); err != nil {
				return nil, "", err
			}
		}
		return nil, "", codec.Errorf(codec.BadName, "its folder was not sent before it")
	}
	r.label = r.topLabel + name[r.entered[0].end:]
	if in.on == nil {
		return in, base, nil
	}
	if err := landing.CheckPath(name); err != nil {
		return in, base, err
	}
	return in, base, landing.CheckName(base)
}

// leaveFolders finishes the folders after the first n.
func (r *Receiver) leaveFolders(n int) {
	for i := len(r.entered) - 1; i >= n; i-- {
		if f := r.entered[i]; f.on != nil {
			r.disk().Leave(f.on)
		}
	}
	r.entered = r.entered[:n]
}

// beginBelow prepares for the bytes of a file that is inside a tree.
func (r *Receiver) beginBelow() error {
	in, base, err := r.parentFolder(r.entry.Name)
	if err != nil || in.on == nil {
		return err
	}
	if err := r.checkResume(&landing.Target{}); err != nil {
		return err
	}
	if r.landing, err = r.disk().Begin(in.target(base)); err != nil {
		return err
	}
	r.writer = r.landing
	return nil
}

// makeLink handles the FILE of a link.
func (r *Receiver) makeLink() error {
	if r.entry.Target == "" {
		return codec.Errorf(codec.BadRequest, "a link without its target")
	}
	var t landing.Target
	if strings.Contains(r.entry.Name, "/") {
		in, base, err := r.parentFolder(r.entry.Name)
		if err != nil || in.on == nil {
			return err
		}
		t = in.target(base)
	} else {
		r.leaveFolders(0)
		var err error
		if t, err = r.chooseTarget(); err != nil {
			return err
		}
		if t.Writer != nil {
			return codec.Errorf(codec.NotRegular, "")
		}
	}
	if err := r.disk().MakeLink(t, r.entry); err != nil {
		return err
	}
	r.Links++
	return nil
}
