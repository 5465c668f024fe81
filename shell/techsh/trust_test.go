//go:build unix

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
)

// A stage is the configuration of a technician and of a remote computer, office-pc,
// together with the server of office-pc.
type stage struct {
	*testing.T
	config  string // configuration folder of the technician
	local   *trust.Folder
	self    *trust.Identity
	remote  *trust.Folder // configuration folder of office-pc
	server  *trust.Identity
	other   *trust.Identity // identity of a third computer
	addr    string
	environ []string
	masks   []string // pairs of a text that differs from run to run, and its replacement
}

func newStage(t *testing.T) *stage {
	s := &stage{T: t, config: t.TempDir()}
	s.local, s.self = s.folder(filepath.Join(s.config, "techsh"))
	s.remote, s.server = s.folder(filepath.Join(t.TempDir(), "techsh"))
	var err error
	s.other, err = trust.NewIdentity()
	require.NoError(t, err)
	s.masks = []string{
		s.self.ID.Short(), "p4dz-q2lm…", s.server.ID.Short(), "k3vq-77ab…", s.other.ID.Short(), "zz7a-4hmc…",
		string(s.server.ID), strings.Repeat("k3vq77ab", 6) + "k3vq",
		string(s.other.ID), strings.Repeat("zz7a4hmc", 6) + "zz7a",
		s.config, "/home/bob/.config",
	}
	s.env("XDG_CONFIG_HOME", s.config)
	s.env("PEERS", s.remote.Path("peers"))
	return s
}

func (s *stage) folder(dir string) (*trust.Folder, *trust.Identity) {
	f, err := trust.Open(dir)
	require.NoError(s, err)
	i, err := f.Identity()
	require.NoError(s, err)
	return f, i
}

func (s *stage) env(name, value string) { s.environ = append(s.environ, name+"="+value) }

// listens runs serve at the address of office-pc until the test ends.
func (s *stage) listens(serve func(context.Context, net.Listener) error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s, err)
	s.at(l.Addr().String())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, l) }()
	s.Cleanup(func() {
		cancel()
		l.Close()
		<-done
	})
}

// at sets the address of office-pc.
func (s *stage) at(addr string) {
	s.addr = addr
	s.masks = append(s.masks, addr, "192.0.2.7:8820")
	s.env("ADDR", addr)
	line := trust.PairingLine{Addr: addr, ID: s.server.ID, Token: strings.Repeat("a2", 13)}
	if i, err := s.remote.Invitation(); err == nil {
		line.Token = i.Token
		s.env("WORDS", i.Words())
	} else {
		s.env("WORDS", "ability above abroad zipper")
	}
	s.env("WRONG", "zone zone zone zone")
	s.env("LINE", line.String())
	line.ID = s.other.ID
	s.env("OTHERLINE", line.String())
	line.ID, line.Token = s.server.ID, strings.Repeat("b3", 13)
	s.env("WRONGLINE", line.String())
}

// techshd runs office-pc's server.
func (s *stage) techshd() { s.techshdOf("office-pc") }

// techshdOf is like techshd, for a computer that calls itself host.
func (s *stage) techshdOf(host string) {
	server := &remote.Server{
		Gate: &access.Paired{Identity: s.server, Peers: s.remote, Folder: s.remote, Host: host},
		Dir:  s.TempDir(), Log: slog.New(slog.DiscardHandler),
	}
	s.listens(server.Serve)
}

// each runs a server that calls do with each connection.
func (s *stage) each(do func(net.Conn)) {
	s.listens(func(_ context.Context, l net.Listener) error {
		for {
			conn, err := l.Accept()
			if err != nil {
				return err
			}
			do(conn)
			conn.Close()
		}
	})
}

// pinned makes office-pc known to the technician, with the key of id.
func (s *stage) pinned(id trust.ID) {
	_, err := s.local.AddHost(trust.Host{
		Name:  "office-pc",
		Addr:  s.addr,
		ID:    id,
		Added: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC),
	})
	require.NoError(s, err)
}

// peer makes the technician known to office-pc.
func (s *stage) peer(p trust.Peer) {
	p.ID, p.Name = s.self.ID, "bob-laptop"
	_, err := s.remote.AddPeer(p)
	require.NoError(s, err)
}

func (s *stage) invites() {
	_, err := s.remote.Invite(trust.AllRights, 0)
	require.NoError(s, err)
}

// runs runs a command line and returns its masked output.
func (s *stage) runs(line string) string {
	cmd := exec.Command("sh", "-c", line)
	cmd.Env = append(os.Environ(), s.environ...)
	out, err := cmd.CombinedOutput()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		out = fmt.Appendf(out, "status %d\n", e.ExitCode())
	} else {
		require.NoError(s, err)
	}
	host, err := os.Hostname()
	require.NoError(s, err)
	text := strings.NewReplacer(s.masks...).Replace(string(out))
	text = regexp.MustCompile(`\b`+regexp.QuoteMeta(host)+`\b`).ReplaceAllString(text, "office-pc")
	text = regexp.MustCompile(`added=\d{4}-\d\d-\d\d`).ReplaceAllString(text, "added=2026-11-22")
	return text
}

func scenes() map[string]func(*stage) {
	return map[string]func(*stage){
		"The computer does not know this one": func(s *stage) {
			s.techshd()
			s.pinned(s.server.ID)
		},
		"The time of the pairing is over": func(s *stage) {
			s.peer(trust.Peer{Can: trust.AllRights, Until: time.Now().Add(-time.Hour)})
			s.techshd()
			s.pinned(s.server.ID)
		},
		"The peer is revoked during a session": func(s *stage) {
			s.peer(trust.Peer{Can: trust.AllRights})
			s.techshd()
			s.pinned(s.server.ID)
		},
		"Rights are missing": func(s *stage) {
			s.peer(trust.Peer{Can: trust.Dir | trust.Get})
			s.techshd()
			s.pinned(s.server.ID)
		},
		"Another key than the paired one": func(s *stage) {
			s.techshd()
			s.pinned(s.other.ID)
		},
		"Another program listens at the address": func(s *stage) {
			s.each(func(c net.Conn) {
				_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
				_, _ = c.Read(make([]byte, 4<<10))
			})
			s.pinned(s.server.ID)
		},
		"Nothing listens at the address": func(s *stage) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(s, err)
			require.NoError(s, l.Close())
			s.at(l.Addr().String())
			s.pinned(s.server.ID)
		},
		"An unknown name": func(s *stage) {
			s.at("192.0.2.7:8820")
			s.pinned(s.server.ID)
		},
		"The file hosts is malformed": func(s *stage) {
			s.each(func(net.Conn) { s.Error("somebody was called") })
			s.pinned(s.server.ID)
			f, err := os.OpenFile(s.local.Path("hosts"), os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(s, err)
			_, err = io.WriteString(f, "lab-7 192.0.2.8\n")
			require.NoError(s, errors.Join(err, f.Close()))
		},
		"Other users can read the key": func(s *stage) {
			s.each(func(net.Conn) { s.Error("somebody was called") })
			s.pinned(s.server.ID)
			require.NoError(s, os.Chmod(s.local.Path("identity.pem"), 0o644))
		},
		"The key is malformed": func(s *stage) {
			s.each(func(net.Conn) { s.Error("somebody was called") })
			s.pinned(s.server.ID)
			require.NoError(s, os.WriteFile(s.local.Path("identity.pem"), []byte("-----BEGIN NOTHING-----\n"), 0o600))
		},
		"There is no configuration folder": func(s *stage) { s.at("192.0.2.7:8820") },
		"Text that is not a pairing line":  func(s *stage) { s.at("192.0.2.7:8820") },
		"A wrong pairing code": func(s *stage) {
			s.invites()
			s.techshd()
		},
		"A pairing code that was used": func(s *stage) {
			s.invites()
			s.techshd()
			i, err := s.remote.Invitation()
			require.NoError(s, err)
			require.NoError(s, s.remote.Close(i))
		},
		"A pairing line with the key of another computer": func(s *stage) {
			s.invites()
			s.techshd()
		},
		"Another computer in between": func(s *stage) { s.each(s.relay) },
		"Another computer has the name": func(s *stage) {
			s.invites()
			s.techshd()
			s.pinned(s.other.ID)
		},
		"The first words of the command line are not names of computers": func(s *stage) {
			s.invites()
			s.techshdOf("Help")
		},
		"The computers are paired already": func(s *stage) {
			s.peer(trust.Peer{Can: trust.AllRights})
			s.techshd()
		},
	}
}

// relay is a server that does not know the code, and therefore accepts any proof.
func (s *stage) relay(raw net.Conn) {
	conn := codec.NewConn(tls.Server(raw, s.other.Server()))
	_ = conn.WriteWords(codec.ERR,
		codec.Lits("unpaired", "office-pc does not know this computer", "pairing=open", "host=office-pc")...)
	_ = conn.Flush()
	_, _ = conn.ReadFrame()
	_ = conn.WriteWords(codec.OK, codec.Lits("proof="+strings.Repeat("0", 64), "name=office-pc")...)
	_ = conn.WriteWords(codec.HELO, codec.Lits(codec.Version)...)
	_ = conn.Flush()
	conn.Drop()
}

// TestTrust runs each line of the transcript that is neither indented nor a comment,
// in the scene named by the comment above, and compares the output. If UPDATE=1 is
// set, it writes the output into the transcript.
func TestTrust(t *testing.T) {
	t.Parallel()
	const file = "../../testdata/transcripts/techsh/trust.txt"
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	all := scenes()
	var got strings.Builder
	for scene := range strings.SplitSeq(string(want), "\n\n") {
		title, _, _ := strings.Cut(strings.TrimPrefix(scene, "# "), "\n")
		set := all[title]
		require.NotNil(t, set, "%q is no scene", title)
		delete(all, title)
		t.Run(title, func(t *testing.T) {
			s := newStage(t)
			set(s)
			var now strings.Builder
			for line := range strings.Lines(scene + "\n") {
				switch {
				case strings.HasPrefix(line, "#"):
					now.WriteString(line)
				case line != "\n" && !strings.HasPrefix(line, "\t"):
					now.WriteString(line)
					for printed := range strings.Lines(s.runs(line)) {
						now.WriteString("\t" + strings.TrimSuffix(printed, "\n") + "\n")
					}
				}
			}
			got.WriteString(now.String() + "\n")
			if os.Getenv("UPDATE") == "" {
				require.Equal(t, strings.TrimRight(scene, "\n"), strings.TrimRight(now.String(), "\n"))
			}
		})
	}
	require.Empty(t, all)
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(file, []byte(strings.TrimRight(got.String(), "\n")+"\n"), 0o644))
	}
}
