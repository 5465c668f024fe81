//go:build unix

package shell_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
	"techsh/remote"
	"techsh/shell"
	"techsh/shell/shelltest"
)

func TestTabOffersWhatTheServerOffers(t *testing.T) {
	s, _ := shelltest.NewPaired(t, &remote.Server{}, trust.Dir|trust.Get)
	p := s.Prompt()
	p.Lists("ex", "exit", "expect", "explain")
	p.Completes("del", "del")
}

func TestAKnownHostHasItsLocalName(t *testing.T) {
	s, _ := shelltest.NewPaired(t, &remote.Server{}, trust.AllRights)
	s.Configure = func(sh *shell.Shell) { sh.Hosts = func() []string { return []string{"lab-7", "office-pc"} } }
	p := s.Prompt()
	require.Contains(t, p.Runs("open office-pc")[0], "connected to office-pc as ")
	p.Completes("open o", "open office-pc ")
	p.Lists("open ", "lab-7", "office-pc")
}
