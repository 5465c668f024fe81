package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// A folder with its contents is sent over a connection and written to another folder.
func Example() {
	from, to := temporaryFolder(), temporaryFolder()
	defer os.RemoveAll(from)
	defer os.RemoveAll(to)
	check(os.MkdirAll(filepath.Join(from, "reports"), 0o755))
	check(os.WriteFile(filepath.Join(from, "reports", "june.txt"), []byte("all is well\n"), 0o644))

	near, far := net.Pipe()
	go func() {
		defer near.Close()
		check(send(near, from, "reports"))
	}()
	check(receive(far, to))

	text, err := os.ReadFile(filepath.Join(to, "reports", "june.txt"))
	check(err)
	fmt.Print(string(text))
	// Output:
	// landed june.txt, 12 bytes
	// 1 file in 1 folder
	// all is well
}

// send sends the file or folder called name in folder.
func send(conn net.Conn, folder, name string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	c := codec.NewConn(conn)
	s := transfer.Sender{
		To:     c,
		Failed: func(name string, err error) { log.Printf("%s: %v", name, err) },
	}
	err = s.Tree(context.Background(), root, name, name, transfer.Tree{})
	return errors.Join(err, c.Flush())
}

// receive writes what it receives to folder.
func receive(conn net.Conn, folder string) error {
	r := transfer.Receiver{
		Trees: true,
		Choose: func(e codec.Entry) (landing.Target, error) {
			root, err := os.OpenRoot(folder)
			return landing.Target{Dir: root, Name: e.Name}, err
		},
		Failed: func(name string, err error) { log.Printf("%s: %v", name, err) },
		Landed: func(e codec.Entry, size int64) {
			fmt.Printf("landed %s, %d bytes\n", filepath.Base(e.Name), size)
		},
	}
	defer r.Close()
	c := codec.NewConn(conn)
	for {
		f, err := c.ReadFrame()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = r.Take(f)
		}
		if err != nil {
			return err
		}
	}
	r.Flush()
	fmt.Printf("%d file in %d folder\n", r.Files, r.Folders)
	return nil
}

func temporaryFolder() string {
	dir, err := os.MkdirTemp("", "example")
	check(err)
	return dir
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
