package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/shell"
	"techsh/shell/console"
)

// hostsCommand implements "techsh hosts".
func hostsCommand(words []codec.Word, out console.Stream) (status int, err error) {
	if len(words) > 0 {
		return shell.StatusUsage, errors.New("hosts: too many words")
	}
	if err := printHosts(out, out.Terminal); err != nil {
		return shell.StatusFailed, fmt.Errorf("hosts: %w", err)
	}
	return shell.StatusOK, nil
}

// printHosts prints the known computers: as a table if table is set, otherwise as an
// unchanged copy of the file hosts.
func printHosts(w io.Writer, table bool) error {
	folder, err := trust.OpenOwn()
	if err != nil {
		return err
	}
	hosts, err := folder.Hosts()
	if err != nil {
		return err
	}
	if len(hosts) == 0 {
		fmt.Fprintln(os.Stderr, `No computer is paired with this one. "techsh pair" pairs with one.`)
		return nil
	}
	if !table {
		text, err := os.ReadFile(folder.Path("hosts"))
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tADDRESS\tID\tPAIRED")
	for _, h := range hosts {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", h.Name, h.Addr, h.ID.Short(), h.Added.Format(time.DateOnly))
	}
	return t.Flush()
}

// forgetCommand implements "techsh forget HOST".
func forgetCommand(words []codec.Word) (status int, err error) {
	if len(words) != 1 {
		return shell.StatusUsage, errors.New("forget: the name of one computer is needed")
	}
	host, err := forget(words[0].Text)
	if err != nil {
		return shell.StatusFailed, fmt.Errorf("forget: %w", err)
	}
	fmt.Fprintf(os.Stderr, "%s (ID %s) is forgotten; ", host.Name, host.ID.Short())
	fmt.Fprintln(os.Stderr, "it still knows this computer until its owner runs techshd revoke")
	return shell.StatusOK, nil
}

func forget(name string) (trust.Host, error) {
	folder, err := trust.OpenOwn()
	if err != nil {
		return trust.Host{}, err
	}
	host, err := folder.Forget(name)
	if errors.Is(err, trust.ErrUnknown) {
		err = unknownHost(folder, name)
	}
	return host, err
}
