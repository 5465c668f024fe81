package codec_test

import (
	"bytes"
	"errors"
	"image"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestFramesByHeader(t *testing.T) {
	eachVector(t, "frames.txt", func(t *testing.T, v vector) { checkFrames(t, v, false) })
}

func TestLinesTypedByHand(t *testing.T) {
	eachVector(t, "hand.txt", func(t *testing.T, v vector) { checkFrames(t, v, true) })
}

func checkFrames(t *testing.T, v vector, hand bool) {
	conn := reading(v.bytes)
	conn.Hand = hand
	var again bytes.Buffer
	back := over(nil, &again)
	var words error
	for want := range v.frames() {
		require.NoError(t, words)
		f, err := conn.ReadFrame()
		require.NoError(t, err)
		require.Equal(t, want.get("verb"), f.Verb.String())
		require.Equal(t, want.get("typed"), f.Word)
		var got []codec.Word
		if !f.Verb.Raw() {
			got, words = f.Words()
		}
		for _, w := range want.fields {
			switch w.key {
			case "body":
				require.Equal(t, w.value, string(f.Body))
			case "length":
				require.Equal(t, w.value, strconv.Itoa(len(f.Body)))
			case "word", "quoted":
				require.NoError(t, words)
				require.Equal(t, want.words(), bare(got))
			}
		}
		require.NoError(t, back.Write(f.Verb, f.Body))
	}
	if v.expect == "bad-request" {
		require.ErrorIs(t, words, &codec.Error{Code: codec.BadRequest})
		return
	}
	require.NoError(t, words)
	f, err := conn.ReadFrame()
	switch v.expect {
	case "ok":
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, back.Flush())
		require.True(t, bytes.Equal(v.bytes, again.Bytes()), "written otherwise: %.99q", again.Bytes())
	case "read":
		require.ErrorIs(t, err, io.EOF)
	case "bad-frame":
		require.ErrorIs(t, err, &codec.Error{Code: codec.BadFrame}, "%v", f)
	case "cut":
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, "%v", f)
	default:
		t.Fatal("no such outcome: ", v.expect)
	}
}

func TestWords(t *testing.T) {
	eachVector(t, "words.txt", func(t *testing.T, v vector) {
		line := string(v.bytes)
		words, err := codec.Split(line)
		if v.expect == "bad-request" {
			require.ErrorIs(t, err, &codec.Error{Code: codec.BadRequest})
			return
		}
		require.NoError(t, err)
		if v.expect == "written" {
			for i, w := range v.words() {
				require.Equal(t, w.Text, words[i].Text)
			}
		} else {
			require.Equal(t, v.words(), bare(words))
		}
		if v.expect == "read" {
			require.NotEqual(t, line, codec.Join(v.words()))
		} else {
			require.Equal(t, line, codec.Join(v.words()))
		}
	})
}

// checkNoun checks the vectors of a noun. want makes the noun from the fields.
func checkNoun[T interface{ String() string }](
	t *testing.T, file string, parse func(string) (T, error), want func(*testing.T, vector) T,
) {
	eachVector(t, file, func(t *testing.T, v vector) {
		got, err := parse(string(v.bytes))
		if v.expect != "ok" {
			require.ErrorIs(t, err, &codec.Error{Code: codec.Code(v.expect)}, "%v", got)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want(t, v), got)
		require.Equal(t, string(v.bytes), got.String())
	})
}

func parseEntry(line string) (*codec.Entry, error) {
	e, err := codec.ParseEntry(line)
	return &e, err
}

func TestEntries(t *testing.T) {
	checkNoun(t, "entries.txt", parseEntry, func(t *testing.T, v vector) *codec.Entry {
		return &codec.Entry{
			Kind: codec.Kind(v.get("kind")[0]), Mode: int(
				number(t, v.get("mode"), 8),
			), Size: number(t, v.get("size"), 10),
			Time: moment(t, v.get("time")), Name: v.get("name"), Target: v.get("target"), More: v.pairs(),
		}
	})
}

func TestHosts(t *testing.T) {
	checkNoun(t, "hosts.txt", codec.ParseHost, func(t *testing.T, v vector) codec.Host {
		up, _ := strconv.ParseInt(v.get("uptime"), 10, 64)
		return codec.Host{
			System: v.get("system"), Version: v.get("version"), Machine: v.get("machine"),
			Name: v.get("host"),
			User: v.get("user"), Uptime: time.Duration(up) * time.Second, More: v.pairs(),
		}
	})
}

func TestDisplays(t *testing.T) {
	checkNoun(t, "displays.txt", codec.ParseDisplay, func(t *testing.T, v vector) codec.Display {
		w, h, _ := strings.Cut(v.get("size"), "x")
		x, y, _ := strings.Cut(v.get("at"), ",")
		at := image.Pt(int(number(t, x, 10)), int(number(t, y, 10)))
		size := image.Pt(int(number(t, w, 10)), int(number(t, h, 10)))
		return codec.Display{
			Number: int(number(t, v.get("number"), 10)), Bounds: image.Rectangle{
				Min: at, Max: at.Add(size),
			},
			Name: v.get("name"), More: v.pairs(),
		}
	})
}

func TestProcesses(t *testing.T) {
	checkNoun(t, "processes.txt", codec.ParseProcess, func(t *testing.T, v vector) codec.Process {
		return codec.Process{
			PID: int(number(t, v.get("pid"), 10)), PPID: int(
				number(t, v.get("ppid"), 10),
			), User: v.get("user"),
			Started: moment(t, v.get("started")), CPU: time.Duration(
				number(t, v.get("cpu"), 10),
			) * time.Millisecond,
			Memory: number(t, v.get("memory"), 10), Name: v.get("name"), More: v.pairs(),
		}
	})
}

func TestUsers(t *testing.T) {
	checkNoun(t, "users.txt", codec.ParseUser, func(t *testing.T, v vector) codec.User {
		return codec.User{
			Name: v.get("name"), Terminal: v.get("terminal"), Host: v.get("host"),
			Since: moment(t, v.get("since")), More: v.pairs(),
		}
	})
}

func TestEndpoints(t *testing.T) {
	checkNoun(t, "endpoints.txt", codec.ParseEndpoint, func(_ *testing.T, v vector) codec.Endpoint {
		return codec.Endpoint{Kind: v.get("kind"), On: v.get("on"), Address: v.get("address"), More: v.pairs()}
	})
}

func TestVolumes(t *testing.T) {
	checkNoun(t, "volumes.txt", codec.ParseVolume, func(t *testing.T, v vector) codec.Volume {
		return codec.Volume{
			Mount: v.get("mount"), Type: v.get("type"), Size: number(t, v.get("size"), 10),
			Free: number(t, v.get("free"), 10), More: v.pairs(),
		}
	})
}

// readError parses the words of an ERR or a NOTE.
func readError(verb, line string) (*codec.Error, error) {
	words, err := codec.Split(line)
	if err != nil {
		return nil, err
	}
	if verb == "NOTE" {
		return codec.ParseNote(words)
	}
	return codec.ParseError(words)
}

func writeError(verb string, e *codec.Error) string {
	if verb == "NOTE" {
		return codec.Join(e.Note())
	}
	return codec.Join(e.Words())
}

func TestErrorsOnTheWire(t *testing.T) {
	eachVector(t, "errors.txt", func(t *testing.T, v vector) {
		line := string(v.bytes)
		got, err := readError(v.get("verb"), line)
		if v.expect != "ok" && v.expect != "read" {
			require.ErrorIs(t, err, &codec.Error{Code: codec.Code(v.expect)}, "%v", got)
			return
		}
		require.NoError(t, err)
		want := &codec.Error{
			Code: codec.Code(v.get("code")), Text: v.get("text"), Name: v.get("name"),
			Hint: v.get("hint"), More: v.pairs(),
		}
		require.Equal(t, want, got)
		require.Equal(t, v.expect == "ok", writeError(v.get("verb"), got) == line)
		if own, ok := strings.CutSuffix(v.title, " in its own words"); ok {
			require.Equal(t, line, codec.Join(codec.Errorf(codec.Code(own), "").Words()))
			require.False(
				t, own != string(codec.Internal) && errors.Is(got, &codec.Error{Code: codec.Internal}),
			)
		}
	})
}
