package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// adopt makes descendants whose parents have ended children of ours, so that
// none is lost.
func adopt() error {
	const setChildSubreaper = 36 // prctl(2)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0); errno != 0 {
		return fmt.Errorf("prctl: %w", errno)
	}
	return nil
}

// endAll kills every process that was started from here, and waits for it.
func endAll() {
	for {
		for _, pid := range descendants(os.Getpid()) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		_, err := syscall.Wait4(-1, nil, 0, nil)
		if errors.Is(err, syscall.ECHILD) {
			return
		}
	}
}

// children returns the processes that pid has started, by whichever thread.
func children(pid int) []int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var pids []int
	for _, list := range lists {
		text, _ := os.ReadFile(list) // it has ended: there are none
		for _, field := range strings.Fields(string(text)) {
			child, _ := strconv.Atoi(field)
			pids = append(pids, child)
		}
	}
	return pids
}

func descendants(pid int) []int {
	var all []int
	for _, child := range children(pid) {
		all = append(append(all, child), descendants(child)...)
	}
	return all
}

// cpuOf returns the time that pid, its descendants, and those it has waited
// for have spent, in steps of 10 ms.
func cpuOf(pid int) time.Duration {
	const tick = 10 * time.Millisecond
	var ticks int
	for _, pid := range append(descendants(pid), pid) {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		if len(fields) < 15 {
			continue // it has ended
		}
		for _, field := range fields[11:15] { // utime stime cutime cstime
			n, _ := strconv.Atoi(string(field))
			ticks += n
		}
	}
	return time.Duration(ticks) * tick
}

// kibOf returns the field of a file in /proc that is in kB, as bytes.
func kibOf(pid int, file, field string) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n << 10
		}
	}
	return 0
}

// forgetPeak has pid's peak memory begin anew.
func forgetPeak(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

// Peaks are the most that each process of a tree has had in memory. What one
// had before exec(2) is not the program's, so the last that was seen counts.
type peaks map[int]int64

func (p peaks) look(root int) {
	for _, pid := range append(descendants(root), root) {
		if n := kibOf(pid, "status", "VmHWM"); n > 0 {
			p[pid] = n
		}
	}
}

func (p peaks) sum() (n int64) {
	for _, peak := range p {
		n += peak
	}
	return n
}

// privateOf returns the memory of pid's tree, of which what is shared counts
// in shares.
func privateOf(root int) (n int64) {
	for _, pid := range append(descendants(root), root) {
		n += kibOf(pid, "smaps_rollup", "Pss")
	}
	return n
}
