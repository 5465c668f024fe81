package screen

import (
	"context"
	"errors"
	"io"

	"techsh/codec"
	"techsh/remote/verb"
)

// Limits under test.
const (
	CaptureTimeout = captureTimeout
	MaxCalls       = maxLibraryCalls
	MaxShot        = maxShot
)

// CheckPicture returns the error for a picture of this size.
func CheckPicture(pixels, bytes int) error {
	return errors.Join(atMost(pixels, maxPixels, "pixels"), atMost(bytes, maxShot, "bytes"))
}

// FindArea returns the error of finding the area that the words of a SHOT select among
// displays.
func FindArea(words string, displays []codec.Display) error {
	row := New().Rows()[1]
	split, err := codec.Split(words)
	if err != nil {
		return err
	}
	args, err := codec.Options(split, row.Options, row.OptionsFirst)
	if err != nil {
		return err
	}
	o, err := newShotOptions(&verb.Request{Row: row, Args: args})
	if err == nil {
		_, err = o.find(displays)
	}
	return err
}

// LimitWriter returns a writer to w that refuses more bytes than a picture may have.
func LimitWriter(w io.Writer) io.Writer { return &limitedWriter{Writer: w} }

// CallLibrary calls do in the same way as the screenshot library.
func CallLibrary(ctx context.Context, turns chan struct{}, do func() (int, error)) (int, error) {
	return callLibrary(ctx, turns, do)
}
