//go:build unix

package transfer_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

const (
	receiveInto  = "TECHSH_TEST_RECEIVE_INTO"
	receiveForce = "TECHSH_TEST_RECEIVE_FORCE"
)

// TestReceivingProcess is not a test, but the process that the tests kill. It receives a
// stream from its standard input.
func TestReceivingProcess(t *testing.T) {
	dir := os.Getenv(receiveInto)
	if dir == "" {
		t.Skip("not asked to")
	}
	c := codec.NewConn(struct {
		io.Reader
		io.WriteCloser
	}{os.Stdin, os.Stdout})
	rec := treeInto(t, dir, os.Getenv(receiveForce) != "")
	rec.Keep = c.Keep
	for {
		f, err := c.ReadFrame()
		if err != nil {
			rec.Leave()
			for name, err := range rec.failed {
				fmt.Println("failed", name, codec.Explain("", err))
			}
			return
		}
		require.NoError(t, rec.Take(f))
	}
}

// receiving starts a process that receives the stream from its standard input into dir.
func receiving(t *testing.T, dir string) (*exec.Cmd, io.WriteCloser) {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run", "^TestReceivingProcess$")
	cmd.Env = append(os.Environ(), receiveInto+"="+dir, receiveForce+"=yes")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, in
}

// A recording is a connection that records the stream written to it.
type recording struct {
	strings.Builder
}

func (*recording) Read([]byte) (int, error) { return 0, io.EOF }
func (*recording) Close() error             { return nil }

func record(t *testing.T, send func(s *transfer.Sender) error) string {
	var r recording
	s := transfer.Sender{To: codec.NewConn(&r), Failed: func(name string, err error) { t.Error(name, err) }}
	require.NoError(t, send(&s))
	require.NoError(t, s.To.Flush())
	return r.String()
}

// killed passes the first n bytes of a stream to a receiving process, and kills it after
// the time that reading the folder looks times takes.
func killed(t *testing.T, dir, stream string, n, looks int) {
	cmd, in := receiving(t, dir)
	_, err := io.WriteString(in, stream[:n])
	require.NoError(t, err)
	for range looks {
		_, err := os.ReadDir(dir)
		require.NoError(t, err)
	}
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // the error only says that it was killed
}

// Whenever a receiving process is killed, the target is the old file or the new one, and
// the part file is the beginning of the new one.
func TestKilledReceiverLeavesTheOldFileOrTheNewOne(t *testing.T) {
	content := noise(4 << 20)
	stream := record(t, func(s *transfer.Sender) error {
		return s.File(
			t.Context(),
			codec.Entry{Kind: codec.Regular, Mode: 0o640, Size: int64(len(content)), Name: "x"},
			strings.NewReader(string(content)),
		)
	})
	random := rand.New(rand.NewPCG(1, 2))
	outcomes := map[string]int{}
	for i := range 60 {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "x"), []byte("old"), 0o600))
		n, looks := random.IntN(len(stream)+1), 0
		if i%2 == 0 { // kill it while it completes the file
			n, looks = len(stream), random.IntN(1000)
		}
		killed(t, dir, stream, n, looks)
		have := part(t, dir)
		b, err := os.ReadFile(filepath.Join(dir, "x"))
		require.NoError(t, err)
		switch {
		case string(b) == string(content):
			require.Zero(t, have)
			requireOnly(t, dir, "x")
			outcomes["new"]++
			continue
		case have.Size == 0:
			outcomes["old"]++
		case have.Size == int64(len(content)):
			outcomes["old, and a whole part"]++
		default:
			outcomes["old, and a part"]++
		}
		require.Equal(t, "old", string(b))
		require.Equal(t, hashOf(content[:have.Size]), hashOr(have), "%d bytes", have.Size)
		if have.Size == 0 {
			continue
		}
		rec := into(t, dir, true)
		choose := rec.Choose
		rec.Choose = func(e codec.Entry) (landing.Target, error) {
			to, err := choose(e)
			to.From = have
			return to, err
		}
		f := opened(t, source(t, content))
		require.NoError(t, cross(t, &rec.Receiver, func(s *transfer.Sender) error {
			return s.Resume(
				t.Context(),
				codec.Entry{Kind: codec.Regular, Mode: 0o640, Size: int64(len(content)), Name: "x"}, f,
				landing.Prefix{Size: have.Size, SHA256: have.SHA256},
			)
		}))
		require.Empty(t, rec.failed)
		requireText(t, filepath.Join(dir, "x"), string(content))
		requireOnly(t, dir, "x")
	}
	t.Log(outcomes)
	require.NotZero(t, outcomes["old, and a part"])
}

func hashOr(p landing.Prefix) string {
	if p.Size == 0 {
		return hashOf(nil)
	}
	return p.SHA256
}

// When a process that receives a tree is killed, each new file is complete or missing,
// files that existed are old or new, and nothing else is left but part files. When the
// tree is sent again, it becomes complete.
func TestKilledReceiverOfATreeLeavesWholeFiles(t *testing.T) {
	from := t.TempDir()
	what := map[string]string{"top/large": string(noise(2 << 20))}
	for _, name := range strings.Fields("a b c d e f g h i j k l m n o p q r s t u v w x y z") {
		what["top/"+name] = strings.Repeat(name, 5000)
		what["top/sub "+name+"/x"] = name
	}
	plant(t, from, what)
	root := open(t, from)
	defer root.Close()
	stream := record(t, func(s *transfer.Sender) error {
		return s.Tree(context.Background(), root, "top", "top", transfer.Tree{})
	})
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 20 {
		dir := t.TempDir()
		plant(t, dir, map[string]string{"top/a": "old", "top/m": "old", "top/large": "old", "top/other": "o"})
		n, looks := random.IntN(len(stream)+1), 0
		if i%2 == 0 {
			n, looks = len(stream), random.IntN(1000)
		}
		killed(t, dir, stream, n, looks)
		have := harvest(t, dir)
		for name, text := range have {
			if strings.HasSuffix(name, "/") || landing.IsPart(filepath.Base(name)) || name == "top/other" {
				continue
			}
			old := text == "old" && (name == "top/a" || name == "top/m" || name == "top/large")
			require.True(t, old || text == what[name], "%s has %d bytes", name, len(text))
		}
		for _, name := range []string{"top/a", "top/m", "top/large", "top/other"} {
			require.Contains(t, have, name)
		}
		rec := treeInto(t, dir, true)
		_, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
		require.NoError(t, err)
		require.Empty(t, rec.failed)
		have = harvest(t, dir)
		for name, text := range what {
			require.True(t, have[name] == text, name)
		}
	}
}

// When a stream ends anywhere, the target is the old file or the new one too, and the
// process removes everything except the part file of the current file.
func TestReceiverOfACutStreamLeavesOnePart(t *testing.T) {
	content := noise(600_000)
	stream := record(t, func(s *transfer.Sender) error {
		return s.File(
			t.Context(),
			codec.Entry{Kind: codec.Regular, Mode: 0o640, Size: int64(len(content)), Name: "x"},
			strings.NewReader(string(content)),
		)
	})
	random := rand.New(rand.NewPCG(5, 6))
	for range 30 {
		dir := t.TempDir()
		n := random.IntN(len(stream))
		c := codec.NewConn(struct {
			io.Reader
			io.WriteCloser
		}{strings.NewReader(stream[:n]), os.Stdout})
		rec := into(t, dir, false)
		rec.Keep = c.Keep
		for {
			f, err := c.ReadFrame()
			if err != nil {
				rec.Leave()
				break
			}
			require.NoError(t, rec.Take(f))
		}
		have := part(t, dir)
		require.Equal(t, hashOf(content[:have.Size]), hashOr(have))
		require.LessOrEqual(t, have.Size, int64(n))
		require.Greater(t, have.Size, int64(n)-2*(256<<10)-200, "what came whole is there")
		require.NoFileExists(t, filepath.Join(dir, "x"))
	}
}
