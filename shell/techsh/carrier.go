package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"time"

	"techsh/codec"
)

// carrierTimeout is how long a carrier may take to exit on its own.
const carrierTimeout = 2 * time.Second

// A carrier is a local command that provides a connection through its standard input
// and output.
type carrier struct {
	io.WriteCloser // the command's standard input
	io.Reader      // the command's standard output
	cmd            *exec.Cmd
	once           sync.Once
}

// startCarrier starts the command of --via. The command shares the terminal, so that it
// can ask for a password, but Ctrl-C must reach only techsh.
func (d *dialer) startCarrier() (*carrier, error) {
	cmd := exec.Command(d.via[0], d.via[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	shieldFromInterrupt(cmd)
	signal.Ignore(os.Interrupt) // inherited by the child process
	err = cmd.Start()
	signal.Notify(d.interrupts, os.Interrupt)
	if err != nil {
		return nil, fmt.Errorf("--via: %w", codec.Explain(d.via[0], err))
	}
	return &carrier{WriteCloser: in, Reader: out, cmd: cmd}, nil
}

// CloseWrite closes the carrier's standard input.
func (c *carrier) CloseWrite() error { return c.WriteCloser.Close() }

// Close closes the carrier's standard input, which should make it exit, and waits for
// its exit.
func (c *carrier) Close() error {
	var err error
	c.once.Do(func() {
		err = c.WriteCloser.Close()
		timer := time.AfterFunc(carrierTimeout, func() { _ = c.cmd.Process.Kill() })
		defer timer.Stop()
		_ = c.cmd.Wait() // also closes the pipe that Read uses
	})
	return err
}
