package trust

import (
	"slices"
	"strings"
	"time"

	"techsh/codec"
)

// A Host is a computer that this computer controls. It is a line
//
//	NAME ADDR:PORT ID added=DATE
//
// of the file hosts.
type Host struct {
	Name  string // one plain word, which no other host has
	Addr  string // ADDR:PORT
	ID    ID
	Added time.Time // a day, in UTC; the zero Time is written as today
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

func (f *Folder) hostRegistry() registry[Host] {
	return registry[Host]{f, "hosts", "# NAME ADDR:PORT ID added=DATE\n", parseHost}
}

// Hosts returns the computers in the file hosts. An error names the file and the line.
func (f *Folder) Hosts() ([]Host, error) {
	hosts, _, err := f.hostRegistry().load()
	return hosts, err
}

// Host returns the host that has the given name or address, in upper or lower case. If
// several hosts match, it returns the one that was added last. The error is ErrUnknown or
// one about the file.
func (f *Folder) Host(name string) (Host, error) {
	hosts, err := f.Hosts()
	if err != nil {
		return Host{}, err
	}
	for _, h := range slices.Backward(hosts) { // a name has no colon, so it cannot be an address
		if strings.EqualFold(h.Name, name) || strings.EqualFold(h.Addr, name) {
			return h, nil
		}
	}
	return Host{}, ErrUnknown
}

// AddHost adds h to the file hosts, or replaces the host that has its ID. It returns the
// host as written: a number is appended to its name if another host has this name.
func (f *Folder) AddHost(h Host) (Host, error) { return f.hostRegistry().set(h) }

// Forget removes a host, by its name or its whole ID, from the file hosts. The error
// is ErrUnknown or one about the file.
func (f *Folder) Forget(name string) (Host, error) { return f.hostRegistry().remove(name) }
