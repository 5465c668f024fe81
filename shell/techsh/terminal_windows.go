package main

import (
	"os"
	"os/exec"
	"syscall"
	"time"

	"techsh/shell/console"
)

// pollInterval is how often the window size is checked.
const pollInterval = 250 * time.Millisecond

// watchWindow returns a channel that receives a value when the window size changes, and
// a function that ends the watching. It polls, because Windows consoles send no signal.
func watchWindow() (<-chan struct{}, func()) {
	out, done, ended := make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	size := func() [2]int {
		columns, rows, _ := console.NewStream(os.Stdout).Size() // without a console the size is zero
		return [2]int{columns, rows}
	}
	go func() {
		defer close(ended)
		tick := time.NewTicker(pollInterval)
		defer tick.Stop()
		for was := size(); ; {
			select {
			case <-tick.C:
			case <-done:
				return
			}
			if now := size(); now != was {
				was = now
				select {
				case out <- struct{}{}:
				default:
				}
			}
		}
	}()
	return out, func() {
		close(done)
		<-ended
	}
}

// shieldFromInterrupt prevents Ctrl-C from reaching a command that has not started
// yet.
func shieldFromInterrupt(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
