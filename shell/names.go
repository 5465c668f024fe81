package shell

import (
	"hash/maphash"
	"runtime"
	"strings"

	"techsh/codec"
)

// base is the last component of a path there, which is what it will be called
// here. It is a guess: the remote says it when the file comes.
func (s *Shell) base(path string) string {
	separators := "/"
	switch s.conn.hello.System {
	case "windows":
		separators = `/\:`
	case "ex27": // which does not say what it is
		separators = `/\`
	}
	path = strings.TrimRight(path, separators)
	return path[strings.LastIndexAny(path, separators)+1:]
}

// fold is a name as the remote compares it.
func (s *Shell) fold(name string) string {
	if s.conn.hello.System == "windows" {
		return strings.ToLower(name)
	}
	return name
}

// localFold is a name as this system compares it.
func localFold(name string) string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return strings.ToLower(name)
	}
	return name
}

// below is the name, in the tree at top, of a path that the remote has found
// there: "" is the top itself.
func (s *Shell) below(top, path string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(path, top)
	if s.conn.hello.System == "windows" {
		rest = strings.ReplaceAll(rest, `\`, "/")
	}
	if cut, slashed := strings.CutPrefix(rest, "/"); slashed {
		return cut, ok
	}
	return rest, ok && (rest == "" || strings.ContainsAny(top[max(0, len(top)-1):], `/\:`))
}

// proper says whether a name can be that of something in a tree.
func proper(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return !strings.Contains(name, "\x00")
}

// Namesakes are the paths of what has each name. Two of one name are refused,
// as the remote does in one call.
type namesakes map[string]string

func (n namesakes) add(name, path string) error {
	if other, twice := n[name]; twice {
		return about(path, codec.Errorf(codec.BadRequest, "it has the same name as %s", codec.Name(other)))
	}
	n[name] = path
	return nil
}

// A nameSet knows which names were put into it, and keeps none of them: a
// tree may have millions. That it takes one for another is as likely as that
// of 2^128 a blind choice hits a few millions.
type nameSet struct {
	seeds [2]maphash.Seed
	marks map[[2]uint64]struct{}
}

func newNameSet() *nameSet {
	return &nameSet{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, marks: map[[2]uint64]struct{}{}}
}

func (n *nameSet) mark(name string) [2]uint64 {
	return [2]uint64{maphash.String(n.seeds[0], name), maphash.String(n.seeds[1], name)}
}

func (n *nameSet) add(name string) { n.marks[n.mark(name)] = struct{}{} }

func (n *nameSet) remove(name string) { delete(n.marks, n.mark(name)) }

func (n *nameSet) has(name string) bool {
	_, ok := n.marks[n.mark(name)]
	return ok
}

// addAbove adds the folders that a name is in.
func (n *nameSet) addAbove(name string) {
	for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
		if n.has(name[:i]) {
			return
		}
		n.add(name[:i])
	}
}
