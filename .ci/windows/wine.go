package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// A wine is a prefix of wine with a display. What it makes is in dir.
type wine struct {
	root     string // of the module
	dir      string
	display  *exec.Cmd
	resident *exec.Cmd // a program that keeps the services of Windows running
}

// newWine makes the prefix unless it exists, builds the programs, and starts a display.
func newWine(ctx context.Context) (*wine, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	w := &wine{root: root, dir: filepath.Join(root, ".cache/windows")}
	for _, step := range []func(context.Context) error{w.setEnv, w.startDisplay, w.makePrefix, w.startServices, w.build} {
		if err := step(ctx); err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

// setEnv sets the environment of wine. Go keeps its caches, although HOME changes: wine
// links folders of the profile to HOME, where tests must not find the real ones.
func (w *wine) setEnv(ctx context.Context) error {
	out, err := output(exec.CommandContext(ctx, "go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPATH"))
	if err != nil {
		return err
	}
	env := map[string]string{}
	if err := json.Unmarshal(out, &env); err != nil {
		return err
	}
	env["HOME"] = filepath.Join(w.dir, "home")
	env["WINEPREFIX"] = filepath.Join(w.dir, "prefix")
	env["WINEARCH"] = "win64"
	env["WINEDEBUG"] = "-all"
	env["WINEDLLOVERRIDES"] = "mscoree=;mshtml=;winemenubuilder.exe="
	env["CI"] = "true" // tests do not skip themselves: the file skips has all that wine lacks
	env["TECHSH_TORTURE"] = ""
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	// In wine a new file does not inherit the access rights of its folder. Without this, all
	// users could read it, as they can nowhere in a profile on Windows.
	syscall.Umask(0o077)
	return errors.Join(os.MkdirAll(env["HOME"], 0o700), os.MkdirAll(env["WINEPREFIX"], 0o700))
}

// startDisplay starts an X server, which chooses its number.
func (w *wine) startDisplay(ctx context.Context) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	defer write.Close()
	w.display = exec.CommandContext(ctx, "Xvfb", "-displayfd", "3", "-screen", "0", "1024x768x24", "-noreset")
	w.display.ExtraFiles = []*os.File{write}
	if err := w.display.Start(); err != nil {
		return err
	}
	write.Close() // if Xvfb fails, the read ends
	number := make([]byte, 16)
	n, err := read.Read(number)
	if err != nil {
		return fmt.Errorf("no display from Xvfb: %w", err)
	}
	return os.Setenv("DISPLAY", ":"+strings.TrimSpace(string(number[:n])))
}

// makePrefix makes the prefix, with the function that wine 8 lacks and Go needs.
func (w *wine) makePrefix(ctx context.Context) error {
	system := filepath.Join(w.dir, "prefix", "drive_c", "windows", "system32")
	stub := filepath.Join(system, "bcryptprimitives.dll")
	w.endAll() // what a killed run has left
	if _, err := os.Stat(stub); err == nil {
		return nil
	}
	if err := exec.CommandContext(ctx, "wine", "wineboot", "-i").Run(); err != nil {
		return fmt.Errorf("wineboot: %w", err)
	}
	_, err := output(exec.CommandContext(ctx, "x86_64-w64-mingw32-gcc", "-shared", "-O2",
		"-o", stub, ".ci/windows/testdata/bcryptprimitives.c", "-ladvapi32"))
	return err
}

// startServices starts the services of Windows, which takes seconds. Otherwise the first
// test would start them, and go test would wait for them, because they keep the standard
// output of the program that starts them.
func (w *wine) startServices(ctx context.Context) error {
	w.resident = exec.CommandContext(ctx, "wine", "cmd.exe")
	if _, err := w.resident.StdinPipe(); err != nil { // for whose end it waits
		return err
	}
	if err := w.resident.Start(); err != nil {
		return err
	}
	return exec.CommandContext(ctx, "wine", "cmd.exe", "/c", "exit").Run()
}

// build builds both programs for Windows and for Linux.
func (w *wine) build(ctx context.Context) error {
	if err := w.makeOverlay(ctx); err != nil {
		return err
	}
	for system, flag := range map[string]string{"windows": "-overlay=" + w.overlay(), "linux": "-trimpath"} {
		cmd := exec.CommandContext(ctx, "go", "build", flag, "-o", filepath.Join(w.dir, system)+"/",
			"./shell/techsh", "./remote/techshd")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system)
		if _, err := output(cmd); err != nil {
			return err
		}
	}
	return nil
}

func (w *wine) overlay() string { return filepath.Join(w.dir, "overlay.json") }

// makeOverlay changes one line of Go for the tests. Wine 8 answers
// FileDispositionInformationEx with STATUS_NOT_IMPLEMENTED, after which os.Root.Remove
// does not try the older way.
func (w *wine) makeOverlay(ctx context.Context) error {
	out, err := output(exec.CommandContext(ctx, "go", "env", "GOROOT"))
	if err != nil {
		return err
	}
	original := filepath.Join(strings.TrimSpace(string(out)), "src/internal/syscall/windows/at_windows.go")
	text, err := os.ReadFile(original)
	if err != nil {
		return err
	}
	const before, after = "\tcase STATUS_INVALID_INFO_CLASS,", "\tcase NTStatus(0xC0000002), STATUS_INVALID_INFO_CLASS,"
	if bytes.Count(text, []byte(before)) != 1 {
		return fmt.Errorf("%s: there is no line %q", original, before)
	}
	changed := filepath.Join(w.dir, "at_windows.go")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{original: changed}})
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(changed, bytes.Replace(text, []byte(before), []byte(after), 1), 0o666),
		os.WriteFile(w.overlay(), overlay, 0o666),
	)
}

// endAll ends all that runs in the prefix, and waits until it has ended.
func (w *wine) endAll() {
	_ = exec.Command("wineserver", "--kill").Run() // fails if nothing runs
	_ = exec.Command("wineserver", "--wait").Run()
}

// close ends everything that runs in the prefix, and the display.
func (w *wine) close() {
	w.endAll()
	if w.resident != nil && w.resident.Process != nil {
		_ = w.resident.Wait()
	}
	if w.display != nil && w.display.Process != nil {
		_ = w.display.Process.Kill()
		_ = w.display.Wait()
	}
}

// output runs a command. The error has what it has written to standard error.
func output(cmd *exec.Cmd) ([]byte, error) {
	out, err := cmd.Output()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return out, fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, bytes.TrimSpace(e.Stderr))
	}
	return out, err
}
