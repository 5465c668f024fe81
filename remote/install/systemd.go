package install

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"techsh/codec"
)

const (
	mainUnit   = Name + ".service"
	screenUnit = Name + "-screen.service"
)

// Systemd returns the target for Linux: units of the systemd of the user. The units are
// in techshd's own folder, into which technicians cannot write, and systemctl links to
// them.
//
// The systemd of the user starts before the desktop does, so techshd would not know the
// display of the desktop. The second unit starts techshd again when the desktop is there.
func Systemd(s Service) Target {
	var env strings.Builder
	for _, pair := range s.Env {
		fmt.Fprintf(&env, "Environment=%s\n", systemdWord(pair))
	}
	main := fmt.Sprintf(`# %s
[Unit]
Description=techshd, remote help

[Service]
ExecStart=%s
%sRestart=on-failure
RestartSec=10
# What technicians have started goes on.
KillMode=process

[Install]
WantedBy=default.target
`, madeBy, systemdLine(s.Program, s.Options), env.String())
	screen := fmt.Sprintf(`# %s
[Unit]
Description=the display of the desktop for techshd
PartOf=graphical-session.target
After=graphical-session.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=systemctl --user --no-block try-restart %s

[Install]
WantedBy=graphical-session.target
`, madeBy, mainUnit)
	mainPath, screenPath := filepath.Join(s.Folder, mainUnit), filepath.Join(s.Folder, screenUnit)
	return Target{
		When: "when " + codec.Name(s.User) + " logs in",
		Steps: []Step{
			fileStep(mainPath, main, []byte(main)),
			fileStep(screenPath, screen, []byte(screen)),
			{
				Do:    systemctl("enable", mainPath, screenPath).action(),
				Undo:  systemctl("disable", mainUnit, screenUnit).action(),
				check: systemctl("is-enabled", mainUnit).succeeds,
			},
			{
				Do:    systemctl("start", mainUnit).action(),
				Undo:  systemctl("stop", mainUnit).action(),
				check: systemctl("is-active", mainUnit).succeeds,
			},
		},
		Notes: []string{
			"it ends when " + codec.Name(s.User) + " logs out; this keeps it, and starts it with the computer: " +
				"loginctl enable-linger " + codec.Name(s.User),
		},
	}
}

func systemctl(words ...string) command { return append(command{"systemctl", "--user"}, words...) }

// systemdLine returns a line for ExecStart. In the path of the program, unlike in the
// other words, systemd replaces no variables.
func systemdLine(program string, words []string) string {
	line := []string{systemdWord(program)}
	for _, w := range words {
		line = append(line, strings.ReplaceAll(systemdWord(w), "$", "$$"))
	}
	return strings.Join(line, " ")
}

// systemdWord quotes a word, as systemd.syntax(7) and systemd.unit(5) tell.
func systemdWord(word string) string {
	var b strings.Builder
	for rest := word; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		switch c := rest[0]; {
		case r < ' ' || r == 0x7f || r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, c)
		case r == '"' || r == '\\':
			b.WriteString(`\` + rest[:size])
		case r == '%':
			b.WriteString("%%")
		default:
			b.WriteString(rest[:size])
		}
		rest = rest[size:]
	}
	if b.String() == word && word != "" && !strings.ContainsAny(word, " ';") {
		return word
	}
	return `"` + b.String() + `"`
}
