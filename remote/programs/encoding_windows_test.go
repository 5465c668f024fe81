package programs_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/remote/programs"
)

// The test has no manifest, so GetOEMCP returns the code page of other programs.
func TestConsoleEncodingIsThatOfOtherPrograms(t *testing.T) {
	page, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetOEMCP").Call()
	require.Equal(t, codec.CodePage(int(page)), programs.ConsoleEncoding())
}
