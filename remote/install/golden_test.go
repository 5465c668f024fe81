package install_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/remote/install"
)

// odd is an option whose value each format of a unit has to quote.
const odd = `50% "off" & <$HOME>\`

func unixService() install.Service {
	return install.Service{
		Program: "/opt/remote help/techshd",
		Options: []string{"--allow", "dir,get", "--root", "/srv/" + odd},
		User:    "ann",
		UID:     "501",
		Home:    "/home/ann",
		Folder:  "/home/ann/.config/techsh",
		Env:     []string{"XDG_CONFIG_HOME=/home/ann/50% of it"},
	}
}

func windowsService(admin bool) install.Service {
	return install.Service{
		Program: `C:\Program Files\techshd.exe`,
		Options: []string{"--root", `D:\ ` + odd},
		User:    `OFFICE-PC\Ann & Bob`,
		Folder:  "techsh", // the tests run on Linux, where a path of Windows is not joined as on Windows
		Admin:   admin,
	}
}

// The plan for each system, with what it writes and runs. UPDATE=1 writes the files.
func TestPlanOfEachSystem(t *testing.T) {
	plain := unixService()
	plain.Program, plain.Options, plain.Env = "/usr/local/bin/techshd", nil, nil
	for name, target := range map[string]install.Target{
		"systemd":         install.Systemd(unixService()),
		"systemd-plain":   install.Systemd(plain),
		"launchd":         install.Launchd(unixService()),
		"windows":         install.TaskScheduler(windowsService(false)),
		"windows-admin":   install.TaskScheduler(windowsService(true)),
		"windows-options": install.TaskScheduler(install.Service{Program: `C:\techshd.exe`, User: "ann", Folder: "techsh"}),
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			fmt.Fprintf(&b, "starts %s\n", target.When)
			for _, s := range target.Steps {
				fmt.Fprintf(&b, "do    %s\n", s.Do.Text)
				for line := range strings.Lines(s.Do.Content) {
					b.WriteString(strings.TrimRight("      "+line, " \n") + "\n")
				}
				fmt.Fprintf(&b, "undo  %s\n", s.Undo.Text)
				if s.Obstacle != "" {
					fmt.Fprintf(&b, "not   %s\n", s.Obstacle)
				}
			}
			for _, n := range target.Notes {
				fmt.Fprintf(&b, "note  %s\n", n)
			}
			path := filepath.Join("../../testdata/install", name+".txt")
			if os.Getenv("UPDATE") != "" {
				require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), b.String())
		})
	}
}
