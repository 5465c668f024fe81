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

// adoptOrphans makes this process the parent of descendants whose parents have
// ended, so that none is lost.
func adoptOrphans() error {
	const setChildSubreaper = 36 // prctl(2)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0); errno != 0 {
		return fmt.Errorf("prctl: %w", errno)
	}
	return nil
}

// endAll kills every descendant of this process and waits for it.
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

// children returns the processes that the threads of pid have started.
func children(pid int) []int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var pids []int
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a process that has ended has none
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

// cpuOf returns the CPU time of pid, its descendants and the children it has waited
// for, in steps of 10 ms.
func cpuOf(pid int) time.Duration {
	const tick = 10 * time.Millisecond
	var ticks int
	for _, pid := range append(descendants(pid), pid) {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
		if len(fields) < 15 {
			continue // the process has ended
		}
		for _, field := range fields[11:15] { // utime stime cutime cstime
			n, _ := strconv.Atoi(string(field))
			ticks += n
		}
	}
	return time.Duration(ticks) * tick
}

// bytesOf returns a field of a file in /proc, which is in kB there, in bytes.
func bytesOf(pid int, file, field string) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n << 10
		}
	}
	return 0
}

// resetPeak resets the peak memory of pid.
func resetPeak(pid int) {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}

// peaks are the peak memory of each process of a tree. A peak from before exec(2) is
// not that of the program, so the last value seen counts.
type peaks map[int]int64

func (p peaks) sample(root int) {
	for _, pid := range append(descendants(root), root) {
		if n := bytesOf(pid, "status", "VmHWM"); n > 0 {
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

// memoryOf returns the memory of a process and its descendants. Shared pages count
// in proportion.
func memoryOf(root int) (n int64) {
	for _, pid := range append(descendants(root), root) {
		n += bytesOf(pid, "smaps_rollup", "Pss")
	}
	return n
}
