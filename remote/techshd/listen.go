package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/access"
	"techsh/remote/audit"
)

// audited opens the audit log in the folder, calls serve and closes the log. notice tells
// the person at the console where the log is.
func (d *daemon) audited(folder *trust.Folder, serve func(notice string) error) (err error) {
	path := folder.Path(auditName)
	if d.Audit, err = audit.Open(path); err != nil {
		return err
	}
	return errors.Join(serve("audit    "+codec.Name(path)), d.Audit.Close())
}

// serveNetwork serves paired technicians.
func (d *daemon) serveNetwork(ctx context.Context, addr string) error {
	folder, err := trust.OpenOwn()
	if err != nil {
		return err
	}
	identity, err := folder.Identity()
	if err != nil {
		return err
	}
	peers, err := folder.Peers()
	if err != nil {
		return err
	}
	d.Gate = &access.Paired{Identity: identity, Peers: folder, Folder: folder, Host: hostName()}
	return d.audited(folder, func(notice string) error {
		return d.servePaired(ctx, addr, folder, identity, peers, notice)
	})
}

func (d *daemon) servePaired(
	ctx context.Context, addr string, folder *trust.Folder, self *trust.Identity, peers []trust.Peer, audit string,
) error {
	l, err := listen(addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- d.serve(ctx, l) }()
	addrs, err := d.introduce(ctx, l.Addr().String(), folder, self, peers, audit)
	if err != nil {
		cancel()
	}
	err = errors.Join(err, <-served)
	// If a server that was started later has set its own addresses, they must stay.
	if now, lerr := folder.Listening(); lerr != nil || slices.Equal(now, addrs) {
		err = errors.Join(err, folder.SetListening(nil))
	}
	return err
}

// introduce records and prints the addresses at which the server answers. It also prints
// what else a technician and the person at the console need. The server listens at addr.
func (d *daemon) introduce(
	ctx context.Context, addr string, folder *trust.Folder, self *trust.Identity, peers []trust.Peer, audit string,
) (addrs []string, err error) {
	listening := reachable(addr)
	if addrs = answering(ctx, candidates(listening), self); len(addrs) == 0 {
		addrs = listening
		d.notices = append(d.notices, "address  no connection reaches techshd: perhaps a firewall keeps it out")
	}
	if err := folder.SetListening(addrs); err != nil {
		return nil, err
	}
	invitation, err := firstInvitation(folder, peers)
	if err != nil {
		return addrs, err
	}
	if _, err := io.WriteString(os.Stdout, pairingText(addrs, self.ID, invitation)); err != nil {
		return addrs, err
	}
	if invitation != nil {
		fmt.Fprintln(d.console.w, inviteAdvice(*invitation))
	}
	notices := append(d.notices, "peers    "+countOf(folder, peers), audit)
	fmt.Fprintln(d.console.w, strings.Join(notices, "\n"))
	return addrs, nil
}

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l, nil
	}
	e := codec.Explain(addr, err)
	switch e.Code {
	case codec.Busy:
		e.Hint = "is it another techshd? port 0 is any free one"
	case codec.NotAllowed:
		e.Hint = "the system keeps that port; port 0 is any free one"
	}
	return nil, e
}

func hostName() string {
	if name, err := os.Hostname(); err == nil {
		return name
	}
	return "this computer"
}

// firstInvitation returns the open pairing code, or nil. If no code is open and there are
// no peers, it opens a code. Expired peers count as peers, because their expiry must not
// open a code.
func firstInvitation(folder *trust.Folder, peers []trust.Peer) (*trust.Invitation, error) {
	i, err := folder.Invitation()
	if errors.Is(err, trust.ErrClosed) {
		if len(peers) > 0 {
			return nil, nil
		}
		i, err = folder.Invite(trust.AllRights, 0)
	}
	return &i, err
}

// expired reports whether the time of a peer is over.
func expired(folder *trust.Folder, p trust.Peer) bool {
	_, err := folder.Peer(p.ID)
	return errors.Is(err, trust.ErrExpired)
}

func countOf(folder *trust.Folder, peers []trust.Peer) string {
	past := 0
	for _, p := range peers {
		if expired(folder, p) {
			past++
		}
	}
	s := fmt.Sprintf(`%d may connect ("techshd peers" lists them)`, len(peers)-past)
	if past > 0 {
		s += fmt.Sprintf(", the time of %d is over", past)
	}
	if past > 0 && past == len(peers) {
		s += `; "techshd invite" makes a pairing code`
	}
	return s
}

// pairingText returns the lines that a technician needs for pairing.
func pairingText(addrs []string, id trust.ID, i *trust.Invitation) string {
	var b strings.Builder
	for _, a := range addrs {
		fmt.Fprintf(&b, "address  %s\n", a)
	}
	fmt.Fprintf(&b, "id       %s\n", id.Groups())
	if i != nil {
		line := trust.PairingLine{Addr: addrs[0], ID: id, Token: i.Token}
		fmt.Fprintf(&b, "words    %s\nline     %s\n", i.Words(), line)
	}
	return b.String()
}

// inviteAdvice returns advice on how to use an invitation.
func inviteAdvice(i trust.Invitation) string {
	rights := "all seven rights"
	if i.Can != trust.AllRights {
		rights = "these rights: " + rightsText(i.Can)
	}
	lasts := "for ever"
	if i.For != 0 {
		lasts = "for " + formatDuration(i.For)
	}
	return fmt.Sprintf(`On the technician's computer run "techsh pair" and paste the line, `+
		"or type the address and the words, within %s."+
		"\nThe code works once, and gives %s, %s.", minutes(time.Until(i.Made.Add(trust.InviteTime))), rights, lasts)
}

// minutes formats a duration in whole minutes, at least one.
func minutes(d time.Duration) string {
	if n := d.Round(time.Minute) / time.Minute; n > 1 {
		return fmt.Sprintf("%d minutes", n)
	}
	return "a minute"
}

// rightsText formats rights for people.
func rightsText(r trust.Rights) string { return cmp.Or(strings.Join(r.Words(), " "), "none") }

// servePlain prints a cookie, and serves clients that have this cookie.
func (d *daemon) servePlain(ctx context.Context, addr string) error {
	l, err := listen(addr)
	if err != nil {
		return err
	}
	defer l.Close()
	cookie := trust.NewToken()
	d.Gate = access.Cookie(cookie)
	if _, err := fmt.Printf("%s\nauth %s\n", l.Addr(), cookie); err != nil {
		return err
	}
	fmt.Fprintln(d.console.w, strings.Join(d.notices, "\n"))
	return d.serve(ctx, l)
}

// serve calls Serve, and logs the end of ctx.
func (d *daemon) serve(ctx context.Context, l net.Listener) error {
	defer d.announce(ctx)()
	return d.Serve(ctx, l)
}

func (d *daemon) serveStdio(ctx context.Context) error {
	for _, n := range d.notices {
		d.Log.Info(n)
	}
	defer d.announce(ctx)()
	return d.ServeConn(ctx, newStdio(os.Stdin, os.Stdout), "admitted by another program")
}

// announce waits in the background for the end of ctx, and then logs that the server is
// draining. If ctx has ended when the function wait is called, wait returns after the
// message has been logged. Otherwise wait prevents the logging.
func (d *daemon) announce(ctx context.Context) (wait func()) {
	logged := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(logged)
		d.Log.Info("draining: what runs may end, a second signal ends it at once")
	})
	return func() {
		if !stop() {
			<-logged
		}
	}
}

// stdio is standard input and output as one connection. A read of standard input cannot
// be interrupted. A goroutine, which may remain until the process ends, therefore copies
// standard input to a pipe.
type stdio struct {
	*io.PipeReader
	out *os.File
}

func newStdio(in io.Reader, out *os.File) *stdio {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(err)
	}()
	return &stdio{r, out}
}

func (s *stdio) Write(p []byte) (int, error) { return s.out.Write(p) }

func (s *stdio) CloseWrite() error { return s.out.Close() }

func (s *stdio) Close() error { return errors.Join(s.PipeReader.Close(), ignoreClosed(s.out.Close())) }

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
