package codec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestTextOfWindowsEditors(t *testing.T) {
	for file, want := range map[string]string{
		"":                              "",
		"auth abc\n":                    "auth abc\n",
		"\xef\xbb\xbfauth ü\r\n":        "auth ü\r\n",
		"\xef\xbb":                      "\xef\xbb",
		"\xff\xfea\x00\xfc\x00\n\x00":   "aü\n",
		"\xfe\xff\x00a\x00\xfc\x00\n":   "aü\n",
		"\xff\xfe\x3d\xd8\x00\xdea\x00": "😀a",
		"\xff\xfea\x00b":                "a",
		"\xff\xfe":                      "",
		"a\xef\xbb\xbf":                 "a\xef\xbb\xbf",
	} {
		require.Equal(t, want, string(codec.DecodeText([]byte(file))), "%q", file)
	}
}
