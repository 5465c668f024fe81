// The stand-ins for the programs of systems are shell scripts.

//go:build unix

package install_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/install"
)

// script stands in for systemctl, launchctl, schtasks and netsh. What they have made are
// files in a folder. The file broken has a verb that fails.
const script = `#!/bin/sh
cd STATE
echo "${0##*/} $*" >>calls
case "$*" in *"$(cat broken 2>/dev/null || echo nothing is broken)"*) echo "it is broken" >&2; exit 5;; esac
has() { test -e "$1" || exit 1; }
case "${0##*/} $*" in
systemctl*is-enabled*) has enabled;;
systemctl*is-active*) has active;;
systemctl*" disable "*) rm enabled;;
systemctl*" enable "*) touch enabled;;
systemctl*" start "*) touch active;;
systemctl*" stop "*) rm active;;
launchctl*print*) has active;;
launchctl*bootstrap*) test ! -e active || exit 5; touch active;;
launchctl*bootout*) rm active;;
schtasks*/Query*/V*) has task; test ! -e active || echo '"\techshd","N/A","267009"';;
schtasks*/Query*) has task;;
schtasks*/Create*) touch task;;
schtasks*/Delete*) rm task;;
schtasks*/Run*) touch active;;
schtasks*/End*) rm active;;
netsh*show*) has rule;;
netsh*add*) touch rule;;
netsh*delete*) rm rule;;
*) exit 9;;
esac
`

// A system is a computer on which the stand-ins are the only programs.
type system struct {
	t     *testing.T
	state string // the folder of the stand-ins
	home  string
}

func newSystem(t *testing.T) *system {
	s := &system{t, t.TempDir(), t.TempDir()}
	bin := t.TempDir()
	text := strings.ReplaceAll(script, "STATE", s.state)
	for _, name := range []string{"systemctl", "launchctl", "schtasks", "netsh"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755))
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return s
}

// service is the service whose files are in the home folder of the system.
func (s *system) service() install.Service {
	return install.Service{
		Program: "/usr/local/bin/techshd", User: "ann", UID: "501", Home: s.home, Folder: s.home, Admin: true,
	}
}

// lines returns the lines of a plan without the contents of files and the folder.
func (s *system) lines(p install.Plan) (lines []string) {
	for _, item := range p {
		line := strings.ReplaceAll(item.Text, s.home+"/", "")
		if item.Left != "" {
			line += " (" + item.Left + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

// run runs a plan, and returns what it has printed.
func (s *system) run(p install.Plan) (string, error) {
	var out strings.Builder
	err := p.Run(s.t.Context(), &out)
	return strings.ReplaceAll(out.String(), s.home+"/", ""), err
}

// made returns the names of the files that exist: those of steps and those of stand-ins.
func (s *system) made() (names []string) {
	for _, dir := range []string{s.home, s.state} {
		require.NoError(s.t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if !d.IsDir() && d.Name() != "calls" {
				names = append(names, d.Name())
			}
			return err
		}))
	}
	return names
}

func targets() map[string]func(install.Service) install.Target {
	return map[string]func(install.Service) install.Target{
		"systemd": install.Systemd, "launchd": install.Launchd, "windows": install.TaskScheduler,
	}
}

func TestInstalledTwiceAndUninstalledTwice(t *testing.T) {
	for name, target := range targets() {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t)
			steps := target(s.service()).Steps
			p, err := install.Install(t.Context(), steps)
			require.NoError(t, err)
			require.False(t, p.Empty())
			require.Len(t, p, len(steps))
			_, err = s.run(p)
			require.NoError(t, err)
			require.Len(t, s.made(), len(steps))

			p, err = install.Install(t.Context(), steps)
			require.NoError(t, err)
			require.True(t, p.Empty(), p)
			for _, item := range p {
				require.Equal(t, "already so", item.Left)
			}

			p, err = install.Uninstall(t.Context(), steps)
			require.NoError(t, err)
			_, err = s.run(p)
			require.NoError(t, err)
			require.Empty(t, s.made())

			p, err = install.Uninstall(t.Context(), steps)
			require.NoError(t, err)
			require.True(t, p.Empty(), p)
		})
	}
}

// With other options everything is undone that depends on the file, and done again.
func TestOtherOptionsReplaceTheService(t *testing.T) {
	for name, target := range targets() {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t)
			p, err := install.Install(t.Context(), target(s.service()).Steps)
			require.NoError(t, err)
			_, err = s.run(p)
			require.NoError(t, err)
			before := s.made()

			other := s.service()
			other.Options = []string{"--read-only"}
			p, err = install.Install(t.Context(), target(other).Steps)
			require.NoError(t, err)
			require.False(t, p.Empty())
			require.Contains(t, p.String(), "--read-only")
			_, err = s.run(p)
			require.NoError(t, err)
			require.Equal(t, before, s.made())
			p, err = install.Install(t.Context(), target(other).Steps)
			require.NoError(t, err)
			require.True(t, p.Empty(), p)
			p, err = install.Uninstall(t.Context(), target(s.service()).Steps) // whatever the options were
			require.NoError(t, err)
			_, err = s.run(p)
			require.NoError(t, err)
			require.Empty(t, s.made())
		})
	}
}

func TestOrderOfAChange(t *testing.T) {
	s := newSystem(t)
	p, err := install.Install(t.Context(), install.Systemd(s.service()).Steps)
	require.NoError(t, err)
	_, err = s.run(p)
	require.NoError(t, err)
	other := s.service()
	other.Program = "/opt/techshd"
	p, err = install.Install(t.Context(), install.Systemd(other).Steps)
	require.NoError(t, err)
	require.Equal(t, []string{
		"run systemctl --user stop techshd.service",
		"run systemctl --user disable techshd.service techshd-screen.service",
		"remove techshd-screen.service",
		"remove techshd.service",
		"write techshd.service",
		"write techshd-screen.service",
		"run systemctl --user enable techshd.service techshd-screen.service",
		"run systemctl --user start techshd.service",
	}, s.lines(p))
}

// What a failure has left is continued by install, and taken back by uninstall.
func TestHalfFailedInstall(t *testing.T) {
	for _, again := range []func(*testing.T, *system, []install.Step){
		func(t *testing.T, s *system, steps []install.Step) {
			p, err := install.Install(t.Context(), steps)
			require.NoError(t, err)
			require.Equal(t, []string{
				"write techshd.service (already so)",
				"write techshd-screen.service (already so)",
				"run systemctl --user enable techshd.service techshd-screen.service",
				"run systemctl --user start techshd.service",
			}, s.lines(p))
			_, err = s.run(p)
			require.NoError(t, err)
			require.Len(t, s.made(), len(steps))
		},
		func(t *testing.T, s *system, steps []install.Step) {
			p, err := install.Uninstall(t.Context(), steps)
			require.NoError(t, err)
			require.Equal(t, []string{
				"run systemctl --user stop techshd.service (nothing to undo)",
				"run systemctl --user disable techshd.service techshd-screen.service (nothing to undo)",
				"remove techshd-screen.service",
				"remove techshd.service",
			}, s.lines(p))
			_, err = s.run(p)
			require.NoError(t, err)
			require.Empty(t, s.made())
		},
	} {
		s := newSystem(t)
		steps := install.Systemd(s.service()).Steps
		broken := filepath.Join(s.state, "broken")
		require.NoError(t, os.WriteFile(broken, []byte(" enable "), 0o644))
		p, err := install.Install(t.Context(), steps)
		require.NoError(t, err)
		out, err := s.run(p)
		require.ErrorContains(t, err, "systemctl --user enable ")
		require.ErrorContains(t, err, "exit status 5: it is broken")
		require.Equal(t, `done      write techshd.service
done      write techshd-screen.service
failed    run systemctl --user enable techshd.service techshd-screen.service
not done  run systemctl --user start techshd.service
`, out)
		require.NoError(t, os.Remove(broken))
		again(t, s, steps)
	}
}

func TestNothingOfOthersIsTouched(t *testing.T) {
	const foreign = "[Service]\nExecStart=/home/ann/bin/techshd\n"
	for name, target := range targets() {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t)
			steps := target(s.service()).Steps
			file := steps[0].Do.Text[len("write "):]

			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
			require.NoError(t, os.WriteFile(file, []byte(foreign), 0o644))
			for _, plan := range plans() {
				_, err := plan(t.Context(), steps)
				require.ErrorIs(t, err, &codec.Error{Code: codec.Exists})
				require.ErrorContains(t, err, "this file was not made by techshd install")
			}
			left, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, foreign, string(left))

			// The system starts a techshd that was set up by hand.
			require.NoError(t, os.Remove(file))
			for _, state := range []string{"enabled", "active", "task", "rule"} {
				require.NoError(t, os.WriteFile(filepath.Join(s.state, state), nil, 0o644))
			}
			before := s.made()
			for _, plan := range plans() {
				_, err := plan(t.Context(), steps)
				require.ErrorContains(t, err, "the system has it already, but not from techshd install")
			}
			require.Equal(t, before, s.made())
		})
	}
}

func TestRuleOfTheFirewallNeedsAnAdministrator(t *testing.T) {
	s := newSystem(t)
	user, admin := s.service(), s.service()
	user.Admin = false
	const add = "run netsh advfirewall firewall add rule name=techshd dir=in action=allow protocol=TCP " +
		"program=/usr/local/bin/techshd profile=private,domain"
	p, err := install.Install(t.Context(), install.TaskScheduler(user).Steps)
	require.NoError(t, err)
	require.Contains(t, s.lines(p), add+" (only an administrator may change the firewall)")
	_, err = s.run(p)
	require.NoError(t, err)
	p, err = install.Install(t.Context(), install.TaskScheduler(user).Steps)
	require.NoError(t, err)
	require.True(t, p.Empty())

	p, err = install.Install(t.Context(), install.TaskScheduler(admin).Steps)
	require.NoError(t, err)
	require.Equal(t, []string{
		"write techshd.xml (already so)",
		"run schtasks /Create /TN techshd /XML techshd.xml (already so)",
		"run schtasks /Run /TN techshd (already so)",
		add,
	}, s.lines(p))
	_, err = s.run(p)
	require.NoError(t, err)

	p, err = install.Uninstall(t.Context(), install.TaskScheduler(user).Steps)
	require.NoError(t, err)
	require.Equal(t,
		"run netsh advfirewall firewall delete rule name=techshd (only an administrator may change the firewall)",
		s.lines(p)[0])
	_, err = s.run(p)
	require.NoError(t, err)
	require.Equal(t, []string{"techshd.xml", "rule"}, s.made())
	p, err = install.Uninstall(t.Context(), install.TaskScheduler(admin).Steps)
	require.NoError(t, err)
	_, err = s.run(p)
	require.NoError(t, err)
	require.Empty(t, s.made())
}

func TestSystemWithoutItsPrograms(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s := install.Service{Program: "/usr/local/bin/techshd", User: "ann", Home: t.TempDir(), Folder: t.TempDir()}
	for name, target := range targets() {
		_, err := install.Install(t.Context(), target(s).Steps)
		require.ErrorIs(t, err, &codec.Error{Code: codec.Unsupported}, name)
	}
}

func plans() []func(context.Context, []install.Step) (install.Plan, error) {
	return []func(context.Context, []install.Step) (install.Plan, error){install.Install, install.Uninstall}
}
