package trust

import (
	"slices"
	"strings"
	"time"

	"techsh/codec"
)

// A Host is a computer that this one controls: a line
//
//	NAME ADDR:PORT ID added=DATE
//
// of the file hosts.
type Host struct {
	Name  string // one plain word, unlike any other host's
	Addr  string // ADDR:PORT
	ID    ID
	Added time.Time // a day, in UTC; zero is today when it is written
}

func parseHost(words []codec.Word) (h Host, err error) {
	if len(words) < 3 {
		return h, codec.Errorf(codec.BadRequest, "a host is NAME ADDR:PORT ID added=DATE")
	}
	h.Name, h.Addr = words[0].Text, words[1].Text
	if err := checkName(h.Name); err != nil {
		return h, err
	}
	if err := checkAddr(h.Addr); err != nil {
		return h, err
	}
	if h.ID, err = ParseID(words[2].Text); err != nil {
		return h, err
	}
	return h, parsePairs(words[3:], []string{"added"}, map[string]func(string) error{
		"added": func(s string) (err error) { h.Added, err = parseTime(dayLayout, s); return err },
	})
}

func (h Host) words() []codec.Word {
	if h.Added.IsZero() {
		h.Added = time.Now()
	}
	return []codec.Word{
		codec.Bare(h.Name), codec.Bare(h.Addr), codec.Bare(string(h.ID)),
		codec.Bare("added=" + h.Added.UTC().Format(dayLayout)),
	}
}

func (h Host) idAndName() (ID, string)   { return h.ID, h.Name }
func (h Host) withName(name string) Host { h.Name = name; return h }

func (f *Folder) hostRegistry() registry[Host] { return registry[Host]{f, "hosts", parseHost} }

// Hosts returns the lines of the file hosts. An error names the file and the
// line.
func (f *Folder) Hosts() ([]Host, error) {
	hosts, _, err := f.hostRegistry().readAll()
	return hosts, err
}

// Host returns the host called name, in any case, or at the address name: the
// last of several, which was added after the others. The error is ErrUnknown,
// or one about the file.
func (f *Folder) Host(name string) (Host, error) {
	hosts, err := f.Hosts()
	if err != nil {
		return Host{}, err
	}
	for _, h := range slices.Backward(hosts) { // no name is an address: it has no colon
		if strings.EqualFold(h.Name, name) || strings.EqualFold(h.Addr, name) {
			return h, nil
		}
	}
	return Host{}, ErrUnknown
}

// AddHost writes h to the file hosts, in the place of a host that has its ID,
// and returns it as written: with a name that no other has.
func (f *Folder) AddHost(h Host) (Host, error) { return f.hostRegistry().set(h) }

// Forget takes a host out of the file hosts, by its name or its whole ID. The
// error is ErrUnknown, or one about the file.
func (f *Folder) Forget(name string) (Host, error) { return f.hostRegistry().remove(name) }
