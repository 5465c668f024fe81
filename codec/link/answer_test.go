package link_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
)

func TestAnswerTakesEachKindOfFrame(t *testing.T) {
	var got []string
	take := func(what string) func(string) error {
		return func(text string) error {
			got = append(got, what+" "+text)
			return nil
		}
	}
	entry := func(what string) func(codec.Entry) error {
		return func(e codec.Entry) error { return take(what)(e.Name) }
	}
	frames := []codec.Frame{
		{Verb: codec.FILE, Body: []byte("d - - - top\n")},
		{Verb: codec.DATA, Body: []byte("f - - - a\nf - - - b\n")},
		{Verb: codec.NOTE, Body: []byte("not-found c \"no such file\"\n")},
		{Verb: codec.SUM, Body: []byte("none\n")},
	}
	note := func(f codec.Frame) error { return take("note")(string(f.Body)) }
	for _, tt := range []struct {
		answer link.Answer
		want   []string
	}{
		{link.Answer{}, nil},
		{link.Answer{File: entry("file"), Entry: entry("entry")}, []string{"file top", "entry a", "entry b"}},
		{link.Answer{Line: take("line")}, []string{"line f - - - a", "line f - - - b"}},
		{
			link.Answer{Data: func(b []byte) error { return take("data")(string(b)) }},
			[]string{"data f - - - a\nf - - - b\n"},
		},
		{link.Answer{Note: note}, []string{"note not-found c \"no such file\"\n"}},
	} {
		got = nil
		for _, f := range frames {
			require.NoError(t, tt.answer.Recv(f))
		}
		require.Equal(t, tt.want, got)
	}
}

func TestAnswerEndsWithItsFirstError(t *testing.T) {
	broken := errors.New("enough")
	lines := 0
	a := link.Answer{Line: func(string) error {
		lines++
		return broken
	}}
	require.ErrorIs(t, a.Recv(codec.Frame{Verb: codec.DATA, Body: []byte("1\n2\n")}), broken)
	require.Equal(t, 1, lines)
	noEntry := codec.Frame{Verb: codec.FILE, Body: []byte("x\n")}
	require.Error(t, link.Answer{File: func(codec.Entry) error { return nil }}.Recv(noEntry))
}
