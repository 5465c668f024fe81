package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"time"
)

// statTime sends an SFTP server a number of requests about one file and returns the
// median time of an answer (draft-ietf-secsh-filexfer-02).
func statTime(in io.Writer, out io.Reader, path string, requests int) (time.Duration, error) {
	const initialize, version, stat, attrs = 1, 2, 17, 105
	if err := sftpRequest(in, out, version, initialize, 0, 0, 0, 3); err != nil {
		return 0, err
	}
	request := binary.BigEndian.AppendUint32([]byte{stat, 0, 0, 0, 0}, uint32(len(path)))
	request = append(request, path...)
	var times []time.Duration
	for range requests {
		start := time.Now()
		if err := sftpRequest(in, out, attrs, request...); err != nil {
			return 0, err
		}
		times = append(times, time.Since(start))
	}
	return median(times), nil
}

// sftpRequest sends a packet and reads one, whose type must be want.
func sftpRequest(in io.Writer, out io.Reader, want byte, request ...byte) error {
	const maxAnswer = 1 << 10
	packet := binary.BigEndian.AppendUint32(nil, uint32(len(request)))
	if _, err := in.Write(append(packet, request...)); err != nil {
		return err
	}
	var length [4]byte
	if _, err := io.ReadFull(out, length[:]); err != nil {
		return err
	}
	answer := make([]byte, min(binary.BigEndian.Uint32(length[:]), maxAnswer))
	if _, err := io.ReadFull(out, answer); err != nil {
		return err
	}
	if len(answer) == 0 || answer[0] != want {
		return fmt.Errorf("sftp answered %x", answer)
	}
	return nil
}

func median[T ~int64 | ~float64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}
