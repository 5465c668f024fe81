package programs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"techsh/codec"
)

// checkProgram refuses batch files, because cmd.exe would parse their arguments by its
// own rules.
func checkProgram(path string) error {
	if isBatch(path) {
		return &codec.Error{Code: codec.NotAllowed, Text: "batch files are not run directly", Hint: "use sh"}
	}
	return nil
}

// shellCommand returns the command that runs a line in cmd.exe or in PowerShell. cmd.exe
// gets the line unchanged, because it does not parse arguments. PowerShell gets the line
// as one argument.
func shellCommand(name, line string) (*exec.Cmd, error) {
	switch strings.TrimSuffix(strings.ToLower(name), ".exe") {
	case "", "cmd":
		cmd := exec.Command(systemProgram("cmd.exe"))
		cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: commandLine(line)}
		return cmd, nil
	case "powershell":
		path := systemProgram(`WindowsPowerShell\v1.0\powershell.exe`)
		return exec.Command(path, "-NoLogo", "-NoProfile", "-Command", line), nil
	}
	return nil, noShell(name, []string{"cmd", "powershell"})
}

// systemProgram returns the path of a program of Windows itself.
func systemProgram(name string) string {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		system = `C:\Windows\System32`
	}
	return filepath.Join(system, name)
}

// exitPairs returns the exit status of a program.
func exitPairs(state *os.ProcessState) codec.Pairs {
	return codec.Pairs{codec.PairOf("exit", state.ExitCode())}
}

// parseSignal accepts TERM and KILL, which are the same on Windows.
func parseSignal(name string) (os.Signal, error) {
	switch strings.TrimPrefix(strings.ToUpper(name), "SIG") {
	case "TERM", "15", "KILL", "9":
		return os.Kill, nil
	}
	return nil, codec.Errorf(codec.Unsupported, "Windows has only TERM and KILL, which are the same")
}

// hasEnded reports whether a child of the server has ended.
func hasEnded(p *os.Process) (over bool) {
	err := p.WithHandle(func(h uintptr) {
		event, err := windows.WaitForSingleObject(windows.Handle(h), 0)
		over = err != nil || event != uint32(windows.WAIT_TIMEOUT)
	})
	return over || err != nil
}

// checkDesktop returns nil, because programs can always open windows.
func checkDesktop([]string) error { return nil }

// ConsoleEncoding returns the IANA name of the encoding in which programs without a
// terminal write: the code page of consoles, or "" if it is unknown. It is read from the
// registry, because GetOEMCP returns the code page of this program, which its manifest sets
// to UTF-8.
func ConsoleEncoding() string {
	const pages = `SYSTEM\CurrentControlSet\Control\Nls\CodePage`
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, pages, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer key.Close()
	text, _, err := key.GetStringValue("OEMCP")
	page, perr := strconv.Atoi(text)
	if err != nil || perr != nil {
		return ""
	}
	return codec.CodePage(page)
}

// probeFolder asks the file system whether dir exists.
func probeFolder(dir string) { _, _ = os.Stat(dir) }
