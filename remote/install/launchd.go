package install

import (
	"encoding/xml"
	"fmt"
	"path/filepath"
	"strings"

	"techsh/codec"
)

// Launchd returns the target for macOS: an agent of launchd. It runs in the session of
// the user, so that techshd has access to the screen.
func Launchd(s Service) Target {
	var words strings.Builder
	for _, w := range append([]string{s.Program}, s.Options...) {
		fmt.Fprintf(&words, "        <string>%s</string>\n", escapeXML(w))
	}
	log := filepath.Join(s.Home, "Library/Logs/techshd.log")
	agent := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- %s -->
<plist version="1.0">
<dict>
    <key>Label</key>
    <string>%s</string>
    <key>ProgramArguments</key>
    <array>
%s    </array>
    <key>RunAtLoad</key>
    <true/>
    <key>KeepAlive</key>
    <dict>
        <key>SuccessfulExit</key>
        <false/>
    </dict>
    <key>ProcessType</key>
    <string>Interactive</string>
    <key>StandardErrorPath</key>
    <string>%s</string>
</dict>
</plist>
`, madeBy, Name, words.String(), escapeXML(log))
	path := filepath.Join(s.Home, "Library/LaunchAgents", Name+".plist")
	domain := "gui/" + s.UID
	return Target{
		When: "when " + codec.Name(s.User) + " logs in",
		Steps: []Step{
			fileStep(path, agent, []byte(agent)),
			{
				Do:    command{"launchctl", "bootstrap", domain, path}.action(),
				Undo:  command{"launchctl", "bootout", domain + "/" + Name}.action(),
				check: command{"launchctl", "print", domain + "/" + Name}.succeeds,
			},
		},
		Notes: []string{
			"its console is in " + codec.Name(log),
			"macOS asks the person, or refuses, when a technician first takes a picture or reads Documents, Desktop " +
				"or Downloads: System Settings, Privacy & Security, Screen & System Audio Recording, Full Disk Access",
		},
	}
}

func escapeXML(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder never fails
	return b.String()
}
