package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"time"
)

// statTimes asks an SFTP server again and again about one file, and returns
// the median of what an answer takes (draft-ietf-secsh-filexfer-02).
func statTimes(in io.Writer, out io.Reader, path string, asks int) (time.Duration, error) {
	const hello, version, stat, attrs = 1, 2, 17, 105
	if err := sftpAsk(in, out, version, hello, 0, 0, 0, 3); err != nil {
		return 0, err
	}
	question := binary.BigEndian.AppendUint32([]byte{stat, 0, 0, 0, 0}, uint32(len(path)))
	question = append(question, path...)
	var times []time.Duration
	for range asks {
		start := time.Now()
		if err := sftpAsk(in, out, attrs, question...); err != nil {
			return 0, err
		}
		times = append(times, time.Since(start))
	}
	return median(times), nil
}

// sftpAsk sends a packet and reads one, which should be of that kind.
func sftpAsk(in io.Writer, out io.Reader, want byte, question ...byte) error {
	const most = 1 << 10
	packet := binary.BigEndian.AppendUint32(nil, uint32(len(question)))
	if _, err := in.Write(append(packet, question...)); err != nil {
		return err
	}
	var length [4]byte
	if _, err := io.ReadFull(out, length[:]); err != nil {
		return err
	}
	answer := make([]byte, min(binary.BigEndian.Uint32(length[:]), most))
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
