package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"techsh/codec"
	"techsh/codec/manual"
)

const helpLine = "help [TOPIC]"

// help implements "techshd help [TOPIC]".
func help(words []codec.Word) error {
	switch len(words) {
	case 0:
		_, err := io.WriteString(os.Stdout, usage()+"\ntopics of help:\n"+topics())
		return err
	case 1:
		return printPage(words[0].Text)
	}
	return usageError{errors.New("help: too many words")}
}

// printPage prints the page of a topic on standard output.
func printPage(topic string) error {
	columns := manual.DefaultColumns
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		columns = width
	}
	colours := coloursOf(os.Stdout)
	page, found := manual.Page(topic, columns, func(text string) string { return colours.paint(bold, text) })
	if !found {
		return usageError{fmt.Errorf("help: %s: no such topic; there are %s",
			codec.Name(topic), strings.Join(manual.Names(), " "))}
	}
	_, err := io.WriteString(os.Stdout, page)
	return err
}

// topics returns the lines that list the topics.
func topics() string {
	var b strings.Builder
	for _, t := range manual.Topics() {
		fmt.Fprintf(&b, "  %-23s %s\n", t.Name, t.Line)
	}
	return b.String()
}
