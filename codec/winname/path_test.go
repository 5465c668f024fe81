package winname_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/winname"
)

func TestPathsAreMadeAbsolute(t *testing.T) {
	const base = `D:\work\now`
	for path, want := range map[string]string{
		`C:`: `C:\`, `c:`: `C:\`, `C:\`: `C:\`, `C:/`: `C:\`, `C:\\`: `C:\`, `C:\.`: `C:\`, `C:\..`: `C:\`,
		`C:\Users\ann`: `C:\Users\ann`, `c:/Users//ann/`: `C:\Users\ann`, `C:\a\..\b\.\c`: `C:\b\c`,
		`C:\a\..\..\b`: `C:\b`, `/C:`: `C:\`, `/c:/Users`: `C:\Users`, `\C:\Users`: `C:\Users`, `D:`: `D:\`,
		`\`: `D:\`, `/`: `D:\`, `\temp`: `D:\temp`, `/temp/x`: `D:\temp\x`, `\..\x`: `D:\x`,
		`.`: base, `x`: base + `\x`, `.\x`: base + `\x`, `..`: `D:\work`, `..\x`: `D:\work\x`, `..\..\..`: `D:\`,
		`a b\c`: base + `\a b\c`, `ü\日本`: base + `\ü\日本`, `...`: base + `\...`, `x:`: `X:\`,
		`file.txt:stream`: base + `\file.txt:stream`, `1:`: base + `\1:`, `\ab:\x`: `D:\ab:\x`,
	} {
		got, err := winname.Abs(base, path)
		require.NoError(t, err, path)
		require.Equal(t, want, got, path)
	}
	got, err := winname.Abs(`E:\`, "x")
	require.NoError(t, err)
	require.Equal(t, `E:\x`, got)
}

func TestPathsThatDependOnAnotherFolderAreRefused(t *testing.T) {
	for path, whole := range map[string]string{
		`C:x`: `C:\x`, `c:Users\ann`: `c:\Users\ann`, `C:..`: `C:\..`, `C:.`: `C:\.`, `/C:x`: `C:\x`, `D:a b`: `"D:\a b"`,
	} {
		_, err := winname.Abs(`D:\work`, path)
		e, ok := errors.AsType[*codec.Error](err)
		require.True(t, ok, path)
		require.Equal(t, codec.BadName, e.Code)
		require.Equal(t, path, e.Name)
		require.Equal(t, "that is "+whole, e.Hint, path)
	}
}

func TestPathsOutsideOfTheDrivesAreRefused(t *testing.T) {
	for _, path := range []string{
		`\\server\share`, `//server/share/x`, `\\?\C:\x`, `\\.\C:`, `\\.\pipe\x`, `/\server`, `\\`, `//`,
	} {
		_, err := winname.Abs(`D:\work`, path)
		require.ErrorIs(t, err, &codec.Error{Code: codec.BadName}, path)
	}
	for _, base := range []string{`\\server\share\home`, "", "relative"} {
		for _, path := range []string{"x", `\x`, ".."} {
			_, err := winname.Abs(base, path)
			require.ErrorIs(t, err, &codec.Error{Code: codec.BadName}, base)
		}
		got, err := winname.Abs(base, `C:\x`)
		require.NoError(t, err)
		require.Equal(t, `C:\x`, got)
	}
}
