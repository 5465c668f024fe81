package codec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestCodePagesHaveTheirNames(t *testing.T) {
	for number, want := range map[int]string{
		0: "", 437: "IBM437", 850: "IBM850", 862: "IBM862", 866: "IBM866", 37: "IBM037",
		858: "IBM00858", 1250: "windows-1250", 1258: "windows-1258",
		874: "windows-874", 932: "Shift_JIS", 936: "GBK", 949: "EUC-KR", 950: "Big5", 65001: "UTF-8",
	} {
		require.Equal(t, want, codec.CodePage(number))
	}
}
