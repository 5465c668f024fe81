package install

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"techsh/codec"
)

// running is the last result of a task that runs (SCHED_S_TASK_RUNNING). schtasks prints
// its words in the language of the system, but this number is always the same.
const running = "267009"

// TaskScheduler returns the target for Windows: a task that starts techshd in a window of
// its own when the user logs on, and a rule of the firewall.
func TaskScheduler(s Service) Target {
	task := taskXML(s)
	path := filepath.Join(s.Folder, Name+".xml")
	rule := Step{
		Do: netsh("add", "name="+Name, "dir=in", "action=allow", "protocol=TCP", "program="+s.Program,
			"profile=private,domain").action(),
		Undo:  netsh("delete", "name="+Name).action(),
		check: netsh("show", "name="+Name).succeeds,
	}
	notes := []string{
		"techshd runs in a window; closing it ends techshd",
		"in networks that Windows calls public the firewall lets nobody in",
	}
	if !s.Admin {
		rule.Obstacle = "only an administrator may change the firewall"
		notes = append(notes, `as an administrator, "techshd install" adds the rule for the firewall; `+
			"without it Windows asks the person at the first start")
	}
	return Target{
		When: "when " + codec.Name(s.User) + " logs on",
		Steps: []Step{
			fileStep(path, task, encodeUTF16(task)),
			{
				Do:    schtasks("/Create", "/XML", path).action(),
				Undo:  schtasks("/Delete", "/F").action(),
				check: schtasks("/Query").succeeds,
			},
			{
				Do:    schtasks("/Run").action(),
				Undo:  schtasks("/End").action(),
				check: schtasks("/Query", "/V", "/FO", "CSV", "/NH").prints(running),
			},
			rule,
		},
		Notes: notes,
	}
}

func schtasks(verb string, words ...string) command {
	return append(command{"schtasks", verb, "/TN", Name}, words...)
}

func netsh(verb string, words ...string) command {
	return append(command{"netsh", "advfirewall", "firewall", verb, "rule"}, words...)
}

// taskXML returns the definition of the task. Without these settings Windows would end
// the task on battery and after 72 hours, and give it little of the processor and the
// disk.
func taskXML(s Service) string {
	var arguments string
	if len(s.Options) > 0 {
		words := make([]string, len(s.Options))
		for i, o := range s.Options {
			words[i] = windowsWord(o)
		}
		arguments = "\n      <Arguments>" + escapeXML(strings.Join(words, " ")) + "</Arguments>"
	}
	user := escapeXML(s.User)
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>techshd, remote help. %s</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <UserId>%s</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>%s</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <IdleSettings>
      <StopOnIdleEnd>false</StopOnIdleEnd>
      <RestartOnIdle>false</RestartOnIdle>
    </IdleSettings>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>5</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>255</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>%s</Command>%s
    </Exec>
  </Actions>
</Task>
`, madeBy, user, user, escapeXML(s.Program), arguments)
}

// encodeUTF16 returns a text as schtasks expects it: in UTF-16 with a byte order mark and
// the line ends of Windows.
func encodeUTF16(text string) []byte {
	b := []byte("\xff\xfe")
	for _, unit := range utf16.Encode([]rune(strings.ReplaceAll(text, "\n", "\r\n"))) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

// windowsWord quotes a word by the rules by which programs for Windows split their
// command line.
func windowsWord(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\"") {
		return word
	}
	var b strings.Builder
	slashes := 0 // the number of backslashes just before r; they must be doubled only before a quote
	for _, r := range word {
		switch r {
		case '\\':
			slashes++
		case '"':
			b.WriteString(strings.Repeat(`\`, slashes+1))
			slashes = 0
		default:
			slashes = 0
		}
		b.WriteRune(r)
	}
	return `"` + b.String() + strings.Repeat(`\`, slashes) + `"`
}
