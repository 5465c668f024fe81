// Package install makes a system start techshd by itself, and can undo this. What has to
// be done is a list of steps, which is the same for installing and uninstalling:
//
//   - install.go, plan.go: steps, and plans of what is to be done
//   - action.go: what changes the system: files and commands
//   - systemd.go, launchd.go, tasks.go: the steps for Linux, macOS and Windows
//
// The first step writes a file with a text that says that this package has made the file.
// Without that file nothing else belongs to this package, and nothing else is changed.
package install

import (
	"context"
	"runtime"

	"techsh/codec"
)

// Name is the name under which the system knows what is installed.
const Name = "techshd"

// madeBy is in each file that is written here. A file without it belongs to somebody else.
const madeBy = "Made by techshd install; techshd uninstall removes it."

// A Service is what is to be installed. All paths are absolute.
type Service struct {
	Program string   // the path of techshd
	Options []string // the options of techshd
	User    string   // the user, as the system names it
	UID     string   // the ID of the user
	Home    string   // the home folder of the user
	Folder  string   // techshd's own folder, which only the user can write to
	Env     []string // the environment variables as NAME=VALUE, for systemd
	Admin   bool     // the person who installs is an administrator of Windows
}

// A Step is one part of the installation.
type Step struct {
	Do, Undo Action
	Obstacle string // why it can be neither done nor undone now, or ""
	check    func(context.Context) (state, error)
}

// A state is the state of a step.
type state int

const (
	absent  state = iota // there is nothing to be undone
	differs              // it was done, but differently
	present
)

// A Target is how a kind of system starts techshd.
type Target struct {
	Steps []Step
	When  string   // when the system starts techshd
	Notes []string // what the person should know
}

// For returns the target for this system.
func For(s Service) (Target, error) {
	switch runtime.GOOS {
	case "linux":
		return Systemd(s), nil
	case "darwin":
		return Launchd(s), nil
	case "windows":
		return TaskScheduler(s), nil
	}
	return Target{}, codec.Errorf(codec.Unsupported, "there are no steps for %s", runtime.GOOS)
}
