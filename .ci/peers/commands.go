package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const ours = "techsh"

// paired returns a contender that runs a command of techsh on the paired computer.
func (w *world) paired(words ...string) contender {
	return contender{name: ours, server: w.techshd, argv: w.techshTo(words...)}
}

func (w *world) techshTo(words ...string) []string {
	return append([]string{w.path("bin", "techsh"), w.host}, words...)
}

// script returns the command line that runs text as a script of techsh.
func (w *world) script(name, text string) []string {
	return []string{w.path("bin", "techsh"), "-f", w.writeScript(name, text), w.host}
}

// batch returns the command line that runs text as a batch of sftp.
func (w *world) batch(name, text string) []string {
	return w.client("sftp", w.sshd, "-b", w.writeScript(name, text+"\n"), "127.0.0.1")
}

// writeScript writes text to a file and returns its path. An error shows when a
// program cannot read the file.
func (w *world) writeScript(name, text string) string {
	path := w.path(name)
	_ = os.WriteFile(path, []byte(text), 0o644)
	return path
}

func (w *world) rsyncDaemon(args ...string) contender {
	return contender{name: "rsync daemon", server: w.rsyncd, argv: append([]string{"rsync"}, args...)}
}

// lftp returns nil if there is no FTP server.
func (w *world) lftp(command string) []string {
	if w.vsftpd == nil {
		return nil
	}
	open := "set cmd:fail-exit yes; open -u anonymous,none ftp://" + w.vsftpd.addr + "; "
	return []string{"lftp", "-c", open + command}
}

// packCommand returns the shell command that writes a tree as tar does.
func packCommand(tree string) string {
	return "tar -cf - -C " + filepath.Dir(tree) + " " + filepath.Base(tree)
}

// inside returns a path as vsftpd sees it.
func (w *world) inside(path string) string { return strings.TrimPrefix(path, w.dir) }

// module returns a path as rsync sees it.
func (w *world) module(path string) string {
	return "rsync://" + w.rsyncd.addr + "/all" + w.inside(path)
}

// targetDir returns the folder that copies go to.
func (w *world) targetDir() string { return w.path("target") + "/" }

// landed returns the path of a source after it has crossed.
func (w *world) landed(s *source) string { return w.path("target", filepath.Base(s.path)) }

// pingTime returns the median of the times that ping has printed.
func pingTime(stdout []byte) (time.Duration, error) {
	var times []time.Duration
	for line := range bytes.Lines(stdout) {
		ms, err := strconv.ParseFloat(strings.TrimSuffix(string(bytes.TrimSpace(line)), " ms"), 64)
		if err != nil {
			return 0, err
		}
		times = append(times, time.Duration(ms*float64(time.Millisecond)))
	}
	return median(times), nil
}

func size(n int64) string {
	if n >= 1<<30 {
		return fmt.Sprintf("%d GiB", n>>30)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
