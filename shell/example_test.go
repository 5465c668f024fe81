package shell_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"

	"techsh/codec/link"
	"techsh/remote"
	"techsh/remote/access"
	"techsh/shell"
	"techsh/shell/console"
)

// A program can run commands on a server that is embedded in the same process.
func ExampleShell_Run() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	const cookie = "q7hzk2vmd4x3tn5bw6cj2rg4ya"
	server := &remote.Server{Gate: access.Cookie(cookie), Log: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { _ = server.Serve(ctx, listener) }()

	s := &shell.Shell{
		In:  console.Stream{File: os.Stdin},
		Out: console.Stream{File: os.Stdout},
		Err: console.Stream{File: os.Stderr},
		Dial: func(ctx context.Context, _ string, _ func(string) (string, error)) (
			io.ReadWriteCloser, link.Opening, error,
		) {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
			return conn, link.Opening{Cookie: cookie}, err
		},
		Dir: os.TempDir(),
	}
	line := "echo hello; exec false"
	status := s.Run(ctx, shell.Task{Line: &line})
	fmt.Println("status", status)
	// Output:
	// hello
	// status 1
}
