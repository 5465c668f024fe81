package link_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
)

// greet greets a client and answers its calls of ECHO.
func greet(ctx context.Context, conn net.Conn) error {
	timed := link.NewTimedConn(conn)
	c := codec.NewConn(timed)
	hello := codec.Hello{Versions: []string{codec.Version}, Host: "office-pc", Verbs: []string{"ECHO"}}
	if err := errors.Join(c.WriteWords(codec.HELO, hello.Words()...), c.Flush()); err != nil {
		return err
	}
	return link.New(c, timed).Serve(ctx, func(_ context.Context, call *link.Call) (codec.Pairs, error) {
		call.NoStream()
		words, _, err := call.Words()
		if err != nil {
			return nil, err
		}
		text := make([]string, len(words))
		for i, w := range words {
			text[i] = w.Text
		}
		err = call.Write(codec.DATA, []byte(strings.Join(text, " ")+"\n"))
		return codec.Pairs{codec.PairOf("words", len(words))}, err
	})
}

func ExampleOpen() {
	ctx := context.Background()
	client, server := net.Pipe()
	served := make(chan error, 1)
	go func() { served <- greet(ctx, server) }()

	l, hello, err := link.Open(ctx, client, link.Opening{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("connected to", hello.Host)
	answer := link.Answer{Line: func(line string) error {
		fmt.Println(line)
		return nil
	}}
	pairs, err := l.Do(ctx, link.Request{
		Verb: codec.MakeVerb("ECHO"), Words: codec.Lits("hello,", "world"), Recv: answer.Recv,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(codec.Join(pairs.Words()))
	fmt.Println(errors.Join(l.Close(), <-served))
	// Output:
	// connected to office-pc
	// hello, world
	// words=2
	// <nil>
}
