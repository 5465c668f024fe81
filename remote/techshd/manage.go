package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"techsh/codec"
	"techsh/codec/trust"
)

// A command is a subcommand of techshd.
type command struct {
	name     string
	synopsis string
	line     string // a description that fits on one line
	options  []codec.Option
	words    int // how many words it needs
	run      func(ctx context.Context, args codec.Args) error
}

func commands() []command {
	return []command{
		{
			name:     "invite",
			synopsis: "[--can LIST] [--for DURATION]",
			line:     "opens a pairing code for ten minutes",
			options:  []codec.Option{{Long: "can", Arg: "LIST"}, {Long: "for", Arg: "DURATION"}},
			run:      managing((*manager).invite),
		},
		{
			name: "peers",
			line: "lists the peers that may control this computer",
			run:  managing((*manager).peers),
		},
		{
			name:     "revoke",
			synopsis: "NAME",
			line:     "removes a peer, whose connections end at once",
			words:    1,
			run:      managing((*manager).revoke),
		},
		{
			name: "id",
			line: "prints the ID of this computer",
			run:  managing((*manager).id),
		},
		{
			name:     "audit",
			synopsis: "[-n N]",
			line:     "shows the last N actions of peers, else 100; 0 is all",
			options:  []codec.Option{{Short: 'n', Arg: "N"}},
			run:      managing((*manager).audit),
		},
		{
			name:     "install",
			synopsis: "[OPTION…]",
			line:     "makes the system start techshd; shows all that it will do, and asks",
			options:  serviceOptions(),
			run:      installService,
		},
		{
			name: "uninstall",
			line: "takes back what install has done; shows all that it will do, and asks",
			run:  uninstallService,
		},
	}
}

// A manager runs the subcommands that need techshd's own folder, whether or not a server
// is running.
type manager struct {
	folder   *trust.Folder
	out, err io.Writer
	terminal bool // whether out is a terminal
	colours
}

// managing returns the function that runs a subcommand with a new manager.
func managing(do func(*manager, context.Context, codec.Args) error) func(context.Context, codec.Args) error {
	return func(ctx context.Context, args codec.Args) error {
		folder, err := trust.OpenOwn()
		if err != nil {
			return err
		}
		return do(&manager{folder, os.Stdout, os.Stderr, isTerminal(os.Stdout), coloursOf(os.Stdout)}, ctx, args)
	}
}

// manage runs the subcommand that the first word names.
func manage(ctx context.Context, words []codec.Word) error {
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == words[0].Text })
	if i < 0 {
		return usageError{fmt.Errorf("%s: no such command", codec.Name(words[0].Text))}
	}
	c := all[i]
	args, err := codec.Options(words[1:], c.options, false)
	if n := len(args.Words); err == nil && n < c.words {
		err = fmt.Errorf("%s is missing", c.synopsis)
	} else if err == nil && n > c.words {
		err = fmt.Errorf("%s: unexpected", codec.Name(args.Words[c.words].Text))
	}
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", c.name, err)}
	}
	if err := c.run(ctx, args); err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return nil
}

func (m *manager) invite(ctx context.Context, args codec.Args) (err error) {
	can, lasts := trust.AllRights, time.Duration(0)
	if list, ok := args.Value("can"); ok {
		if can, err = trust.ParseRights(list); err != nil {
			return usageError{fmt.Errorf("--can: %w", err)}
		}
	}
	if text, ok := args.Value("for"); ok {
		if lasts, err = parseDuration(text); err != nil {
			return usageError{fmt.Errorf("--for: %w", err)}
		}
	}
	identity, err := m.folder.Identity()
	if err != nil {
		return err
	}
	if _, err := m.folder.Peers(); err != nil { // a damaged file must be reported before a code is opened
		return err
	}
	addrs, err := m.folder.Listening()
	if err != nil {
		return err
	}
	recorded := len(addrs) > 0
	if !recorded {
		addrs = reachable(":" + defaultPort)
	}
	found := answering(ctx, candidates(addrs), identity)
	if len(found) > 0 {
		addrs = found
	}
	i, err := m.folder.Invite(can, lasts)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(m.out, pairingText(addrs, identity.ID, &i)); err != nil {
		return err
	}
	fmt.Fprintln(m.err, inviteAdvice(i))
	switch {
	case len(found) > 0:
	case !recorded:
		fmt.Fprintf(m.err, "No techshd runs on this computer: start one within %s, the code waits for it.\n",
			minutes(trust.InviteTime))
	default:
		fmt.Fprintf(m.err, "No techshd answers at %s: if it was killed start it within %s, the code waits for it.\n",
			codec.Name(addrs[0]), minutes(trust.InviteTime))
	}
	return nil
}

func (m *manager) peers(context.Context, codec.Args) error {
	peers, err := m.folder.Peers()
	if err != nil {
		return err
	}
	if len(peers) == 0 {
		fmt.Fprintln(m.err, `Nobody may control this computer. "techshd invite" lets somebody in.`)
		return nil
	}
	if !m.terminal {
		text, err := os.ReadFile(m.folder.Path("peers"))
		if err == nil {
			_, err = m.out.Write(text)
		}
		return err
	}
	w := tabwriter.NewWriter(m.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tID\tMAY\tSINCE\tUNTIL")
	for _, p := range peers {
		until := ""
		if !p.Until.IsZero() {
			until = p.Until.Local().Format("2006-01-02 15:04")
		}
		if expired(m.folder, p) {
			until += ", over"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n",
			codec.Show(p.Name), p.ID.Short(), rightsText(p.Can), p.Added.Format(time.DateOnly), until)
	}
	return w.Flush()
}

func (m *manager) revoke(_ context.Context, args codec.Args) error {
	name := args.Words[0].Text
	peer, err := m.folder.Revoke(name)
	if errors.Is(err, trust.ErrUnknown) {
		return m.unknownPeer(name)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(m.out, "%s is revoked; its connections end within 2 s\n", codec.Name(peer.Name))
	return err
}

// unknownPeer returns the error for a name that no peer has. The hint of the error lists
// the names of the peers.
func (m *manager) unknownPeer(name string) error {
	peers, err := m.folder.Peers()
	if err != nil {
		return err
	}
	e := &codec.Error{Code: codec.NotFound, Name: name, Text: "no peer is called that", Hint: "there are no peers"}
	var names []string
	for _, p := range peers {
		names = append(names, codec.Name(p.Name))
	}
	if len(names) > 0 {
		e.Hint = "the peers are " + strings.Join(names, " ")
	}
	return e
}

func (m *manager) id(context.Context, codec.Args) error {
	identity, err := m.folder.Identity()
	if err != nil {
		return err
	}
	id := string(identity.ID)
	if m.terminal {
		id = identity.ID.Groups()
	}
	_, err = fmt.Fprintln(m.out, id)
	return err
}

// parseDuration is like time.ParseDuration, but also accepts a number of days at the
// beginning, such as 1d or 1d12h.
func parseDuration(s string) (time.Duration, error) {
	const day, most = 24 * time.Hour, 36500
	bad := fmt.Errorf("%s is not a duration such as 30m, 2h or 7d", codec.Name(s))
	days, rest, found := strings.Cut(s, "d")
	if !found {
		days, rest = "0", s
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil || n > most {
		return 0, bad
	}
	d, err := time.ParseDuration(cmp.Or(rest, "0s"))
	if err != nil || d < 0 || d > most*day {
		return 0, bad
	}
	if d += time.Duration(n) * day; d <= 0 {
		return 0, bad
	}
	return d, nil
}

// formatDuration formats a duration without zero units at its end, and whole days as
// days.
func formatDuration(d time.Duration) string {
	if d%(24*time.Hour) == 0 && d != 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
