package shell

import (
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
