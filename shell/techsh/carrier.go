package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"time"
)

// carrierTimeout is how long a carrier has to end by itself.
const carrierTimeout = 2 * time.Second

// A carrier is a command whose standard input and output are the connection.
type carrier struct {
	io.WriteCloser // its standard input
	io.Reader      // its standard output
	cmd            *exec.Cmd
	once           sync.Once
}

// startCarrier starts the command of --via. It shares the terminal, where it may ask
// for a password, but Ctrl-C is for techsh alone.
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
	signal.Ignore(os.Interrupt) // the child inherits this
	err = cmd.Start()
	signal.Notify(d.interrupts, os.Interrupt)
	if err != nil {
		return nil, fmt.Errorf("--via: %w", err)
	}
	return &carrier{WriteCloser: in, Reader: out, cmd: cmd}, nil
}

// CloseWrite closes the carrier's standard input.
func (c *carrier) CloseWrite() error { return c.WriteCloser.Close() }

// Close closes the carrier's standard input and waits for its end, which that should
// cause.
func (c *carrier) Close() error {
	var err error
	c.once.Do(func() {
		err = c.WriteCloser.Close()
		timer := time.AfterFunc(carrierTimeout, func() { _ = c.cmd.Process.Kill() })
		defer timer.Stop()
		_ = c.cmd.Wait() // closes the pipe of Read too
	})
	return err
}
