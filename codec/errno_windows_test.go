package codec_test

import (
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestWindowsErrorsAreExplained(t *testing.T) {
	for err, want := range map[error]string{
		&fs.PathError{Op: "open", Path: "C:\\x", Err: syscall.Errno(5)}:  "x: permission denied",
		&fs.PathError{Op: "open", Path: "C:\\x", Err: syscall.Errno(87)}: "x: not a usable name",
		&fs.PathError{Op: "read", Path: "C:\\x", Err: syscall.Errno(87)}: "x: the system cannot do that with this file",
		&os.LinkError{Op: "rename", Err: syscall.Errno(1224)}:            "x: in use",
	} {
		require.EqualError(t, codec.Explain("x", err), want)
	}
	// The text of the system is a sentence, that of an error is not.
	unknown := &fs.PathError{Op: "open", Path: "C:\\x", Err: syscall.Errno(1392)} // ERROR_FILE_CORRUPT
	require.Regexp(t, "^x: [a-z].*[^.]$", codec.Explain("x", unknown).Error())
}
