package remote_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
)

// A program serves a folder to one technician, whose identity it knows and who may
// neither delete files nor run programs.
func ExampleServer() {
	folder, err := os.MkdirTemp("", "served")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "notes.txt"), []byte("hello\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	host, err := trust.NewIdentity()
	if err != nil {
		fmt.Println(err)
		return
	}
	technician, err := trust.NewIdentity()
	if err != nil {
		fmt.Println(err)
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &remote.Server{
		Gate: &access.Paired{
			Identity: host,
			Peers:    trust.SinglePeer{ID: technician.ID, Name: "ann", Can: trust.AllRights},
			Host:     "office-pc",
		},
		Root: folder,
		Deny: trust.Del | trust.Exec,
		Log:  slog.New(slog.DiscardHandler),
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- server.Serve(ctx, listener) }()

	call(ctx, listener.Addr().String(), technician, host.ID)

	stop()
	fmt.Println("the server has ended:", <-ended)
	// Output:
	// it speaks techsh/1
	// hello
	// not-allowed
	// the server has ended: <nil>
}

// call makes two calls as the technician.
func call(ctx context.Context, addr string, technician *trust.Identity, host trust.ID) {
	dialer := tls.Dialer{Config: technician.Client(host)}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		fmt.Println(err)
		return
	}
	l, hello, err := link.Open(ctx, conn, link.Opening{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	fmt.Println("it speaks", hello.Versions[0])
	cat := link.Request{Verb: codec.MakeVerb("CAT"), Words: codec.Lits("notes.txt")}
	cat.Recv = func(f codec.Frame) error {
		_, err := os.Stdout.Write(f.Body)
		return err
	}
	if _, err := l.Do(ctx, cat); err != nil {
		fmt.Println(err)
		return
	}
	_, err = l.Do(ctx, link.Request{Verb: codec.MakeVerb("DEL"), Words: codec.Lits("notes.txt")})
	fmt.Println(codec.Explain("", err).Code)
}
