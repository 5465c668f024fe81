package trust

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"techsh/codec"
)

const (
	maxFile     = 1 << 20
	lockFile    = "lock"
	lockTimeout = 5 * time.Second // the longest wait for the lock, or for a file that another process is replacing
	lookDelay   = 500 * time.Millisecond
)

// load reads the file called name and passes its contents, or nil if the file does not
// exist, to the function parse. It returns the same FileInfo as the method read.
//
// An editor first truncates the file, or renames it, and then writes it. So if the file
// is missing, empty or bad although it was good before, load reads it again after
// lookDelay. When load reads a file for the first time, it also reads an empty file
// again, because the functions of this package leave no empty files.
func (f *Folder) load(name string, parse func(data []byte) error) (info fs.FileInfo, err error) {
	try := func() (good bool) {
		var data []byte
		if data, info, err = f.read(name); err == nil {
			err = parse(data)
		}
		return err == nil && len(data) > 0
	}
	good := try()
	wasGood, known := f.wasGood.Load(name)
	if !good && (wasGood == true || !known && info != nil && info.Size() == 0) {
		time.Sleep(lookDelay)
		good = try()
	}
	f.wasGood.Store(name, good)
	return info, err
}

// read returns the contents and the FileInfo of the file called name, or nil for both if
// the file does not exist. It accepts only a regular file to which only this user has
// access.
func (f *Folder) read(name string) (data []byte, info fs.FileInfo, err error) {
	path := f.Path(name)
	data, info, err = readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		// Windows returns this error also if f.dir is a file.
		if dir, derr := os.Stat(f.dir); derr == nil && !dir.IsDir() {
			return nil, nil, &codec.Error{Code: codec.NotDirectory, Name: f.dir}
		}
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, codec.Explain(path, err)
	}
	return data, info, nil
}

func readFile(path string) ([]byte, fs.FileInfo, error) {
	var file *os.File
	if err := retryWhileBusy(func() (err error) {
		file, err = OpenPrivate(path, os.O_RDONLY)
		return err
	}); err != nil {
		return nil, nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = codec.Errorf(codec.TooBig, "more than %d bytes", maxFile)
	}
	return data, info, err
}

// change passes the contents of the file called name to edit and replaces them with the
// result. If edit returns no data, the file is removed. Other processes see either the
// old or the new file.
func (f *Folder) change(name string, edit func(data []byte) ([]byte, error)) error {
	unlock, err := f.lock()
	if err != nil {
		return err
	}
	defer unlock()
	var data []byte
	info, err := f.load(name, func(found []byte) error {
		data = found
		return nil
	})
	if err != nil {
		return err
	}
	data, err = edit(data)
	f.wasGood.Store(name, err == nil && len(data) > 0)
	if err != nil {
		return err
	}
	switch {
	case len(data) > 0:
		return f.write(name, data, os.Rename)
	case info != nil:
		return f.remove(name)
	}
	return nil
}

// lock prevents other goroutines and processes from changing files until unlock is
// called.
func (f *Folder) lock() (unlock func(), err error) {
	f.writing.Lock()
	path := f.Path(lockFile)
	var release func()
	err = retryWhileBusy(func() (err error) {
		release, err = takeLock(path)
		return err
	})
	if err != nil {
		f.writing.Unlock()
		if isBusy(err) {
			err = codec.Errorf(codec.Busy, "another process has held it for %v", lockTimeout)
		}
		return nil, codec.Explain(path, err)
	}
	return func() {
		release()
		f.writing.Unlock()
	}, nil
}

// write replaces the file called name with one that contains data. It writes and flushes
// the new file under a temporary name and calls place to rename it. The caller holds the
// lock.
func (f *Folder) write(name string, data []byte, place func(from, to string) error) error {
	path := f.Path(name)
	if len(data) > maxFile { // the method read would refuse the file
		return &codec.Error{
			Code: codec.TooBig, Name: path,
			Text: fmt.Sprintf("it would have more than %d bytes", maxFile),
		}
	}
	temp := path + ".new"
	_ = os.Remove(temp) // may be left by a process that was killed
	file, err := OpenPrivate(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err == nil {
		_, err = file.Write(data)
		err = errors.Join(err, file.Sync(), file.Close())
	}
	if err == nil {
		err = retryWhileBusy(func() error { return place(temp, path) })
	}
	if err != nil {
		_ = os.Remove(temp)
		return codec.Explain(path, err)
	}
	return f.syncNames(name)
}

// renameNew renames a file unless the new name is taken.
func renameNew(from, to string) error {
	err := os.Link(from, to)
	switch {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	return os.Rename(from, to) // the file system has no hard links
}

// remove removes the file called name. The caller holds the lock.
func (f *Folder) remove(name string) error {
	path := f.Path(name)
	if err := retryWhileBusy(func() error { return os.Remove(path) }); err != nil {
		return codec.Explain(path, err)
	}
	return f.syncNames(name)
}

// syncNames flushes the folder to disk after the file called name was renamed or removed.
func (f *Folder) syncNames(name string) error {
	if err := SyncFolder(f.dir); err != nil {
		return fmt.Errorf("%s: flushing it to disk: %w", codec.Name(f.Path(name)), err)
	}
	return nil
}

// retryWhileBusy calls the function try. While try fails because another process uses the
// file, it calls try again, for at most lockTimeout.
func retryWhileBusy(try func() error) error {
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if err := try(); !isBusy(err) || time.Since(began) > lockTimeout {
			return err
		}
	}
}
