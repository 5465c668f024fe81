package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

// reach opens the way to the computer, with which we are paired before it says
// HELO. done is called when we are.
func (p *pairing) reach(ctx context.Context, done func()) (io.ReadWriteCloser, link.Opening, error) {
	folder, err := trust.OpenOwn()
	if err != nil {
		return nil, link.Opening{}, err
	}
	self, err := folder.Identity()
	if err != nil {
		return nil, link.Opening{}, err
	}
	if _, err := folder.Hosts(); err != nil { // where it shall be written
		return nil, link.Opening{}, err
	}
	raw, err := dial(ctx, p.addr)
	if err != nil {
		return nil, link.Opening{}, refusef("does techshd run there, and is the address right?", "no answer from %v", err)
	}
	conn, err := secure(ctx, raw, p.addr, self.Client(p.pin))
	if key, ok := errors.AsType[*trust.KeyError](err); ok {
		return nil, link.Opening{}, refusef("ask its owner for the line again; if it is right, somebody is in between",
			"STOP: %s answered with another key than the pairing line has (expected %s, got %s). Nothing was sent.",
			p.addr, key.Want.Short(), key.Got.Short())
	}
	if err != nil {
		return nil, link.Opening{}, err
	}
	return conn, link.Opening{Pair: func(ctx context.Context, c *codec.Conn, hello codec.Hello, refusal *codec.Error) error {
		state := conn.ConnectionState()
		how, name := "paired with", ""
		var err error
		if refusal == nil {
			how, name = "known there already:", hello.Host
			err = p.recognise(folder, trust.PeerID(state))
		} else {
			name, err = p.join(ctx, c, state, self, refusal)
		}
		if err != nil {
			return err
		}
		host, err := p.save(folder, trust.PeerID(state), name)
		if err == nil {
			done()
			fmt.Fprintf(os.Stderr, "%s %s (ID %s); from now on: techsh %s\n", how, host.Name, host.ID.Short(), host.Name)
		}
		return err
	}}, nil
}

// recognise is for a server that has said HELO at once, which anybody could:
// only the key of a pasted line, or of a known computer, tells who it is.
func (p *pairing) recognise(folder *trust.Folder, id trust.ID) error {
	hosts, err := folder.Hosts()
	if err != nil {
		return err
	}
	if p.pin != "" || hostIn(hosts, id) != nil {
		return nil
	}
	return refusef(`"techshd invite" there prints one; or its owner runs "techshd revoke" first, and then the words will do`,
		"%s: it knows this computer already, and words cannot prove which computer it is: use the pasted line", p.addr)
}

// join proves that both sides know the code, and returns what the server
// calls itself.
func (p *pairing) join(ctx context.Context, c *codec.Conn, state tls.ConnectionState, self *trust.Identity, refusal *codec.Error) (string, error) {
	const again = `ask its owner to run "techshd invite" again`
	if pairing, _ := refusal.More.Get("pairing"); pairing != "open" {
		return "", refusef(again, "%s: no pairing code is open there: it was used, or its ten minutes are over. Not paired.", p.addr)
	}
	name, err := trust.Join(ctx, c, state, self, p.secret, ourName())
	if err == nil {
		return name, nil
	}
	if _, ok := errors.AsType[*trust.ProofError](err); ok {
		return "", refusef(again+", and use the pasted line: it says which computer it is",
			"STOP: %s does not know the code itself: it is another computer, or somebody is in between. Not paired, nothing was saved.", p.addr)
	}
	if e, ok := errors.AsType[*codec.Error](err); ok {
		hint := e.Hint
		if hint == "" {
			hint = "techshd shows the code there: it has to be the newest one"
		}
		return "", refusef(hint, "%s: %v. Not paired.", p.addr, err)
	}
	return "", err
}

// save makes the computer a known one. A name that it has here it keeps.
func (p *pairing) save(folder *trust.Folder, id trust.ID, name string) (trust.Host, error) {
	hosts, err := folder.Hosts()
	if err != nil {
		return trust.Host{}, err
	}
	if old := hostIn(hosts, id); old != nil {
		name = old.Name
	}
	host, err := folder.AddHost(trust.Host{Name: trust.CleanName(name), Addr: p.addr, ID: id})
	if err != nil {
		err = refusef(`mend that, then "techsh pair" with a pasted line`, "paired with %s, which could not be noted here: %v", p.addr, err)
	}
	return host, err
}

func hostIn(hosts []trust.Host, id trust.ID) *trust.Host {
	for _, h := range hosts {
		if h.ID == id {
			return &h
		}
	}
	return nil
}

// ourName is what the other side shall call us.
func ourName() string {
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
