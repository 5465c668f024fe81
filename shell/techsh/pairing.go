package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

// A pairing is what the user knows about the computer to pair with.
type pairing struct {
	addr   string
	pin    trust.ID // from the pairing line; "" if the user has only the words, so that only the proof authenticates
	secret trust.Secret
}

// dial connects to the computer. The returned Opening pairs with the computer and then
// calls the function done.
func (p *pairing) dial(ctx context.Context, done func()) (io.ReadWriteCloser, link.Opening, error) {
	folder, err := trust.OpenOwn()
	if err != nil {
		return nil, link.Opening{}, err
	}
	self, err := folder.Identity()
	if err != nil {
		return nil, link.Opening{}, err
	}
	if _, err := folder.Hosts(); err != nil { // fail now if save would fail later
		return nil, link.Opening{}, err
	}
	raw, err := dialTCP(ctx, p.addr)
	if err != nil {
		return nil, link.Opening{}, noAnswer(err)
	}
	conn, err := secure(ctx, raw, p.addr, self.Client(p.pin))
	if key, ok := errors.AsType[*trust.KeyError](err); ok {
		return nil, link.Opening{}, unpairedf(
			"ask its owner for the line again; if it is right, another computer is in between",
			"STOP: %s answered with another key than the pairing line has (expected %s, got %s). Nothing was sent.",
			p.addr, key.Want.Short(), key.Got.Short())
	}
	if err != nil {
		return nil, link.Opening{}, err
	}
	state := conn.ConnectionState()
	return conn, link.Opening{
		Pair: func(ctx context.Context, c *codec.Conn, hello codec.Hello, refusal *codec.Error) error {
			return p.pair(ctx, c, state, folder, self, hello, refusal, done)
		},
	}, nil
}

// pair pairs this computer with the server on the connection c. refusal is the error in
// the first frame of the server. If refusal is nil, the first frame was the greeting
// hello.
func (p *pairing) pair(
	ctx context.Context, c *codec.Conn, state tls.ConnectionState, folder *trust.Folder, self *trust.Identity,
	hello codec.Hello, refusal *codec.Error, done func(),
) error {
	id := trust.PeerID(state)
	how, name := "paired with", ""
	var err error
	if refusal == nil {
		how, name = "paired already:", hello.Host
		err = p.checkKnown(folder, id)
	} else {
		name, err = p.join(ctx, c, state, self, refusal)
	}
	if err != nil {
		return err
	}
	host, err := p.save(folder, id, name)
	if err == nil {
		done()
		fmt.Fprintf(os.Stderr, "%s %s (ID %s); from now on: techsh %s\n", how, host.Name, host.ID.Short(), host.Name)
	}
	return err
}

// checkKnown authenticates a server that has sent HELO immediately. Any server can send
// HELO, so the key of the server must match that of a pasted pairing line or of a known
// computer.
func (p *pairing) checkKnown(folder *trust.Folder, id trust.ID) error {
	hosts, err := folder.Hosts()
	if err != nil {
		return err
	}
	if p.pin != "" || hostWithID(hosts, id) != nil {
		return nil
	}
	return unpairedf(
		`"techshd invite" prints one; or its owner runs "techshd revoke" first, and then the words are enough`,
		"%s: it knows this computer already, and words cannot prove which computer it is: use the pasted line", p.addr)
}

// join proves to each of the two computers that the other one knows the code. It returns
// the name that the server gives itself.
func (p *pairing) join(
	ctx context.Context, c *codec.Conn, state tls.ConnectionState, self *trust.Identity, refusal *codec.Error,
) (string, error) {
	const again = `ask its owner to run "techshd invite" again`
	if pairing, _ := refusal.More.Get("pairing"); pairing != "open" {
		return "", unpairedf(again,
			"%s: it has no open pairing code: it was used, was guessed wrongly three times, or its ten minutes "+
				"are over. Not paired.", p.addr)
	}
	name, err := trust.Join(ctx, c, state, self, p.secret, ownName())
	if err == nil {
		return name, nil
	}
	if _, ok := errors.AsType[*trust.ProofError](err); ok {
		return "", unpairedf(again+", and use the pasted line, which has the ID of the computer",
			"STOP: %s does not know the code: it is another computer, or one is in between. "+
				"Not paired, nothing was saved.", p.addr)
	}
	if e, ok := errors.AsType[*codec.Error](err); ok {
		hint := e.Hint
		if hint == "" {
			hint = "techshd shows the code on the other computer: use the newest one"
		}
		return "", unpairedf(hint, "%s: %v. Not paired.", p.addr, err)
	}
	return "", err
}

// save writes the computer to the file hosts. A known computer keeps its name; a new
// one gets a name that is not a command of the command line.
func (p *pairing) save(folder *trust.Folder, id trust.ID, name string) (trust.Host, error) {
	hosts, err := folder.Hosts()
	if err != nil {
		return trust.Host{}, err
	}
	name = trust.CleanName(name)
	if known := hostWithID(hosts, id); known != nil {
		name = known.Name
	} else if slices.Contains(firstWords(), strings.ToLower(name)) {
		name += "-pc"
	}
	host, err := folder.AddHost(trust.Host{Name: name, Addr: p.addr, ID: id})
	if err != nil {
		err = unpairedf(`correct that, then "techsh pair" with a pasted line`,
			"paired with %s, which could not be saved: %v", p.addr, err)
	}
	return host, err
}

func hostWithID(hosts []trust.Host, id trust.ID) *trust.Host {
	for _, h := range hosts {
		if h.ID == id {
			return &h
		}
	}
	return nil
}

// ownName returns the name that this computer gives itself: USER@HOST.
func ownName() string {
	var parts []string
	if u, err := user.Current(); err == nil {
		_, name, inDomain := strings.Cut(u.Username, `\`)
		if !inDomain {
			name = u.Username
		}
		parts = append(parts, name)
	}
	if host, err := os.Hostname(); err == nil {
		parts = append(parts, host)
	}
	return trust.CleanName(strings.Join(parts, "@"))
}
