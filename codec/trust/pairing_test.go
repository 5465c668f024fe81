package trust_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
)

func TestPairing(t *testing.T) {
	for _, kind := range []string{"line", "words"} {
		t.Run(kind, func(t *testing.T) {
			o, ann := newPairingServer(t), newIdentity(t)
			code := o.invite(t, trust.ReadOnly, 2*time.Hour)
			secret := line(code)
			if kind == "words" {
				words, err := trust.ParseCodeWords(strings.ToUpper(code.Words()))
				require.NoError(t, err)
				secret = trust.Secret{Kind: "words", Text: words}
			}
			issued, host, err := o.visit(t, ann, o.ID).join(secret)
			require.NoError(t, err)
			require.Equal(t, "office-pc", host)
			require.NoError(t, issued.err)
			p, err := o.folder.Peer(ann.ID)
			require.NoError(t, err)
			require.Equal(t, issued.peer, p)
			require.Equal(t, "ann", p.Name)
			require.Equal(t, trust.ReadOnly, p.Can)
			require.WithinDuration(t, time.Now().Add(2*time.Hour), p.Until, 10*time.Second)
			requireOnly(t, o.dir, "peers")
		})
	}
}

func TestPairingWithoutAnEnd(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	_, _, err := o.visit(t, ann, o.ID).join(line(o.invite(t, trust.AllRights, 0)))
	require.NoError(t, err)
	p, err := o.folder.Peer(ann.ID)
	require.NoError(t, err)
	require.Zero(t, p.Until)
}

func TestCodeIsGoodOnce(t *testing.T) {
	o := newPairingServer(t)
	code := o.invite(t, trust.AllRights, 0)
	_, _, err := o.visit(t, newIdentity(t), o.ID).join(line(code))
	require.NoError(t, err)
	issued, _, err := o.visit(t, newIdentity(t), o.ID).join(line(code))
	requireCode(t, err, codec.Unpaired, "no pairing code is open any more")
	require.ErrorIs(t, issued.err, trust.ErrClosed)
	peers, err := o.folder.Peers()
	require.NoError(t, err)
	require.Len(t, peers, 1)
}

func TestOneOfTwoClientsWithTheCodeIsPaired(t *testing.T) {
	o := newPairingServer(t)
	code := o.invite(t, trust.AllRights, 0)
	var wg sync.WaitGroup
	var paired atomic.Int32
	for range 3 {
		v := o.visit(t, newIdentity(t), o.ID)
		wg.Go(func() {
			issued, _, err := v.join(line(code))
			if err == nil && issued.err == nil {
				paired.Add(1)
			} else if !errors.Is(
				err, codec.Errorf(codec.Unpaired, ""),
			) || !errors.Is(issued.err, trust.ErrClosed) {
				t.Error(err, issued.err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int32(1), paired.Load())
	peers, err := o.folder.Peers()
	require.NoError(t, err)
	require.Len(t, peers, 1)
}

// betweenTryAndHash is a context that ends between the try and the hash.
type betweenTryAndHash struct {
	context.Context
	do func()
}

func (c betweenTryAndHash) Err() error {
	c.do()
	return nil
}

func TestCodeThatIsUsedDuringAHashPairsNoOtherClient(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	code := o.invite(t, trust.AllRights, 0)
	near, far := loopback(t)
	v := &pairingClient{self: ann, tls: tls.Client(near, ann.Client(o.ID)), issued: make(chan issued, 1)}
	var left int
	var closed error
	var once sync.Once // the error is checked again after the hash
	go func() {
		peer, err := o.answer(betweenTryAndHash{context.Background(), func() {
			once.Do(func() {
				open, err := o.folder.Invitation()
				left, closed = open.Left, errors.Join(err, o.folder.Close(code))
			})
		}}, far)
		v.issued <- issued{peer, err}
	}()
	issued, _, err := v.join(line(code))
	require.NoError(t, closed)
	require.Equal(t, 2, left, "a try is on disk before it is looked at")
	requireCode(t, err, codec.Unpaired, "no pairing code is open any more")
	require.ErrorIs(t, issued.err, trust.ErrClosed)
	_, err = o.folder.Peer(ann.ID)
	require.ErrorIs(t, err, trust.ErrUnknown)
}

func TestThreeWrongCodesDestroyIt(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	code := o.invite(t, trust.AllRights, 0)
	for _, says := range []string{
		"wrong pairing code, 2 tries left", "wrong pairing code, 1 try left",
		"wrong pairing code: it is used up",
	} {
		issued, _, err := o.visit(t, ann, o.ID).join(wrongLine)
		require.EqualError(t, err, says)
		requireCode(t, err, codec.NotAllowed, says)
		require.EqualError(t, issued.err, says)
		var e *codec.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, strings.HasSuffix(says, "used up"), e.Hint == "ask for a new one: techshd invite")
	}
	requireOnly(t, o.dir)
	_, _, err := o.visit(t, ann, o.ID).join(line(code))
	requireCode(t, err, codec.Unpaired, "no pairing code is open any more")
	requireOnly(t, o.dir)
}

func TestThirdTryMayBeRight(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	code := o.invite(t, trust.AllRights, 0)
	for range 2 {
		_, _, err := o.visit(t, ann, o.ID).join(wrongLine)
		require.Error(t, err)
	}
	_, _, err := o.visit(t, ann, o.ID).join(line(code))
	require.NoError(t, err)
	requireOnly(t, o.dir, "peers")
}

func TestThreeOfTwelveConcurrentGuessesAreChecked(t *testing.T) {
	o := newPairingServer(t)
	o.invite(t, trust.AllRights, 0)
	var wg sync.WaitGroup
	var evaluated, refused atomic.Int32
	for range 12 {
		v := o.visit(t, newIdentity(t), o.ID)
		wg.Go(func() {
			_, _, err := v.join(wrongLine)
			switch {
			case errors.Is(err, codec.Errorf(codec.NotAllowed, "")):
				evaluated.Add(1)
			case errors.Is(err, codec.Errorf(codec.Unpaired, "")):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int32(3), evaluated.Load())
	require.Equal(t, int32(9), refused.Load())
	requireOnly(t, o.dir)
}

func TestKindsOfSecretDoNotMix(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	code := o.invite(t, trust.AllRights, 0)
	for _, s := range []trust.Secret{{Kind: "words", Text: code.Token}, {Kind: "line", Text: code.Words()}} {
		_, _, err := o.visit(t, ann, o.ID).join(s)
		requireCode(t, err, codec.NotAllowed, "wrong pairing code")
	}
}

func TestCodeThatHasExpiredPairsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, ann := newPairingServer(t), newIdentity(t)
		code := o.invite(t, trust.AllRights, 0)
		near, far := net.Pipe()
		v := o.visitOver(t, near, far, ann, ann.Client(o.ID))
		require.NoError(t, v.tls.HandshakeContext(t.Context())) // the code is still open
		time.Sleep(10 * time.Minute)
		issued, _, err := v.join(line(code))
		requireCode(t, err, codec.Unpaired, "no pairing code is open any more")
		require.ErrorIs(t, issued.err, trust.ErrClosed)
		_, err = o.folder.Peer(ann.ID)
		require.ErrorIs(t, err, trust.ErrUnknown)
	})
}

func TestLineForAnotherServerFailsInTheHandshake(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	code := o.invite(t, trust.AllRights, 0)
	issued, _, err := o.visit(t, ann, otherID).join(line(code))
	var key *trust.KeyError
	require.ErrorAs(t, err, &key)
	require.Error(t, issued.err)
	open, err := o.folder.Invitation()
	require.NoError(t, err)
	require.Equal(t, 3, open.Left)
}

// A man in the middle has an identity of its own and relays all frames. A client that
// pairs with words cannot know that its ID is the wrong one.
func TestRelayInTheMiddlePairsNobody(t *testing.T) {
	o, ann, mallory := newPairingServer(t), newIdentity(t), newIdentity(t)
	code := o.invite(t, trust.AllRights, 0)
	near, far := loopback(t)
	toOffice := o.visit(t, mallory, o.ID)
	relayed := make(chan struct{})
	go func() {
		defer close(relayed)
		defer far.Close()
		toAnn := tls.Server(far, mallory.Server())
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = io.Copy(toOffice.tls, toAnn); _ = toOffice.tls.CloseWrite() })
		wg.Go(func() { _, _ = io.Copy(toAnn, toOffice.tls); _ = toAnn.CloseWrite() })
		wg.Wait()
	}()
	v := &pairingClient{self: ann, tls: tls.Client(near, ann.Client("")), issued: toOffice.issued}
	issued, _, err := v.join(line(code))
	near.Close()
	<-relayed
	requireCode(t, err, codec.NotAllowed, "wrong pairing code, 2 tries left")
	requireCode(t, issued.err, codec.NotAllowed, "wrong pairing code, 2 tries left")
	peers, err := o.folder.Peers()
	require.NoError(t, err)
	require.Empty(t, peers)
}

func TestFolderThatCannotBeWrittenPairsNobody(t *testing.T) {
	for _, what := range []string{"peers", "peers.new", "invite"} {
		o, ann := newPairingServer(t), newIdentity(t)
		code := o.invite(t, trust.AllRights, 0)
		require.NoError(t, os.RemoveAll(o.folder.Path(what)))
		require.NoError(t, os.MkdirAll(o.folder.Path(what+"/full"), 0o700))
		issued, _, err := o.visit(t, ann, o.ID).join(line(code))
		requireCode(t, err, codec.Internal, "pairing failed on the other computer, and nothing was changed")
		require.NotContains(t, err.Error(), o.dir)
		require.ErrorContains(t, issued.err, o.folder.Path(strings.TrimSuffix(what, ".new")))
		require.NoError(t, os.RemoveAll(o.folder.Path(what)))
		_, err = o.folder.Peer(ann.ID)
		require.ErrorIs(t, err, trust.ErrUnknown)
		_, err = o.folder.Invitation()
		require.ErrorIs(t, err, trust.ErrClosed, "used is used")
	}
}

func TestNothingIsHashedOnceTheTimeIsOver(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	code := o.invite(t, trust.AllRights, 0)
	why := codec.Errorf(codec.Timeout, "over")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	near, far := loopback(t)
	done := make(chan error, 1)
	go func() {
		s := tls.Server(far, o.Server())
		err := s.HandshakeContext(context.Background())
		if err == nil {
			_, err = trust.Issue(
				ctx, codec.NewConn(s), s.ConnectionState(), o.Identity, o.folder,
				"office-pc",
			)
		}
		far.Close()
		done <- err
	}()
	c := tls.Client(near, ann.Client(o.ID))
	require.NoError(t, c.HandshakeContext(t.Context()))
	_, err := trust.Join(ctx, codec.NewConn(c), c.ConnectionState(), ann, line(code), "ann")
	require.Equal(t, why, err)
	_, err = trust.QuickJoin(t.Context(), codec.NewConn(c), c.ConnectionState(), ann, line(code), "ann")
	require.Error(t, err)
	near.Close()
	require.ErrorIs(t, <-done, why)
	_, err = o.folder.Peer(ann.ID)
	require.ErrorIs(t, err, trust.ErrUnknown)
}

// TestPairingAsItIs uses the full number of rounds and real sockets.
func TestPairingAsItIs(t *testing.T) {
	o, ann := newPairingServer(t), newIdentity(t)
	code := o.invite(t, trust.AllRights, 0)
	near, far := loopback(t)
	done := make(chan error, 1)
	go func() {
		s := tls.Server(far, o.Server())
		err := s.HandshakeContext(context.Background())
		if err == nil {
			c := codec.NewConn(s)
			_, err = trust.Issue(
				context.Background(), c, s.ConnectionState(), o.Identity, o.folder, "office-pc",
			)
			err = errors.Join(err, c.Flush(), c.Close())
		}
		done <- err
	}()
	c := tls.Client(near, ann.Client(o.ID))
	defer c.Close()
	require.NoError(t, c.HandshakeContext(t.Context()))
	host, err := trust.Join(t.Context(), codec.NewConn(c), c.ConnectionState(), ann, line(code), "ann")
	require.NoError(t, err)
	require.Equal(t, "office-pc", host)
	require.NoError(t, <-done)
	_, err = o.folder.Peer(ann.ID)
	require.NoError(t, err)
}
