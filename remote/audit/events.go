package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// Events returns the events of the audit log at path and of the log at readsPath(path),
// the oldest first. For a line that is not an event it yields an error that names the
// line, and continues with the next line.
func Events(path string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		var heads [2]Event
		var errs [2]error
		var more [2]bool
		var next [2]func() (Event, error, bool)
		for i, path := range []string{path, readsPath(path)} {
			pull, stop := iter.Pull2(eventsOf(path))
			defer stop()
			next[i] = pull
			heads[i], errs[i], more[i] = pull()
		}
		for more[0] || more[1] {
			i := 0
			if !more[0] || more[1] && errs[0] == nil && (errs[1] != nil || heads[1].Time.Before(heads[0].Time)) {
				i = 1
			}
			if !yield(heads[i], errs[i]) {
				return
			}
			heads[i], errs[i], more[i] = next[i]()
		}
	}
}

// eventsOf returns the events of the file at path and of the older files beside it.
func eventsOf(path string) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		var files []*os.File // all are opened before the first is read, since they may be renamed meanwhile
		for n := maxFiles - 1; n >= 0; n-- {
			f, err := os.Open(numbered(path, n))
			if err == nil {
				defer f.Close()
				files = append(files, f)
			} else if !errors.Is(err, fs.ErrNotExist) && !yield(Event{}, err) {
				return
			}
		}
		for _, f := range files {
			if !events(f, yield) {
				return
			}
		}
	}
}

// events yields the lines of one file, and reports whether more are wanted.
func events(f *os.File, yield func(Event, error) bool) bool {
	r := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			var e Event
			if err == io.EOF && line[len(line)-1] != '\n' && !json.Valid(line) {
				return true // the last line is torn: it is being written, or the computer was switched off
			}
			if jerr := json.Unmarshal(line, &e); jerr != nil || e.Time.IsZero() || e.What == "" {
				jerr = fmt.Errorf("%s:%d: not a line of an audit log", filepath.Base(f.Name()), n)
				if !yield(Event{}, jerr) {
					return false
				}
			} else if !yield(e, nil) {
				return false
			}
		}
		if err == io.EOF {
			return true
		}
		if err != nil {
			return yield(Event{}, err)
		}
	}
}
