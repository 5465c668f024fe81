package trust_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
)

// oneID is the ID of the key of RFC 8032, section 7.1, test 1, as computed by
//
//	printf 302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a |
//	xxd -r -p | sha256sum | cut -c -64 | xxd -r -p | base32 | tr A-Z a-z | tr -d =
const oneID = "a3r73d62fg5wbk2zkv66mhw3blwnwiyrgs7dbz23ivpy4g3zf6uq"

func TestIDIsTheSumOfTheKeyInBase32(t *testing.T) {
	seed := []byte(
		"\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4" +
			"\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60",
	)
	key := ed25519.NewKeyFromSeed(seed)
	f, _ := folder(t)
	write(t, f, "identity.pem", certificatePEM(t, key.Public(), key)+keyPEM(t, key))
	i, err := f.Identity()
	require.NoError(t, err)
	require.Equal(t, trust.ID(oneID), i.ID)
	require.Len(t, string(i.ID), 52)
}

func TestParseID(t *testing.T) {
	grouped := trust.ID(oneID).Groups()
	require.Len(t, grouped, 52+12)
	for _, s := range []string{
		oneID, grouped, strings.ToUpper(oneID), strings.ToUpper(grouped),
		strings.ReplaceAll(grouped, "-", " "), " " + grouped + "\t",
	} {
		id, err := trust.ParseID(s)
		require.NoError(t, err, s)
		require.Equal(t, trust.ID(oneID), id)
	}
	other := "b" // only the first of the five bits of the last character counts
	if oneID[51] == 'q' {
		other = "r"
	}
	for what, s := range map[string]string{
		"nothing":              "",
		"short":                oneID[:51],
		"long":                 oneID + "a",
		"the short form":       trust.ID(oneID).Short(),
		"another spelling":     oneID[:51] + other,
		"a digit that is none": "0" + oneID[1:],
		"a Kelvin sign":        "\u212a" + oneID[1:],
		"a line end":           oneID + "\n",
		"CR inside":            oneID[:26] + "\r" + oneID[26:],
		"padding":              oneID + "====",
		"NUL":                  oneID[:51] + "\x00",
	} {
		_, err := trust.ParseID(s)
		require.ErrorIs(t, err, codec.Errorf(codec.BadRequest, ""), what)
	}
	_, err := trust.ParseID(strings.Repeat("x", 5000))
	require.Less(t, len(err.Error()), 200)
}

func TestShortIDIsTwoGroups(t *testing.T) {
	require.Equal(t, oneID[:4]+"-"+oneID[4:8]+"…", trust.ID(oneID).Short())
	require.Equal(t, "", trust.ID("").Short())
	require.Equal(t, "abcd-e", trust.ID("abcde").Short())
}

func TestIdentityIsMadeOnceAndKept(t *testing.T) {
	f, dir := folder(t)
	first, err := f.Identity()
	require.NoError(t, err)
	before, err := os.ReadFile(f.Path("identity.pem"))
	require.NoError(t, err)
	again, err := trust.Open(dir)
	require.NoError(t, err)
	second, err := again.Identity()
	require.NoError(t, err)
	require.Equal(t, first.ID, second.ID)
	require.Equal(t, first.Certificate.Certificate, second.Certificate.Certificate)
	requireFile(t, f, "identity.pem", string(before))
	requireOnly(t, dir, "identity.pem")
	require.NotEqual(t, first.ID, newIdentity(t).ID)
}

func TestOtherProgramsReadTheIdentityFile(t *testing.T) {
	f, _ := folder(t)
	i, err := f.Identity()
	require.NoError(t, err)
	pair, err := tls.LoadX509KeyPair(f.Path("identity.pem"), f.Path("identity.pem"))
	require.NoError(t, err)
	require.Equal(t, i.Certificate.Certificate, pair.Certificate)
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	require.NoError(t, err)
	require.Equal(t, "2000-01-01T00:00:00Z", leaf.NotBefore.Format(time.RFC3339))
	require.Equal(t, "9999-12-31T23:59:59Z", leaf.NotAfter.Format(time.RFC3339))
	require.Equal(t, x509.Ed25519, leaf.PublicKeyAlgorithm)
	require.NoError(t, leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature))
	require.Positive(t, leaf.SerialNumber.Sign())
}

func TestProcessesThatStartAtOnceGetOneIdentity(t *testing.T) {
	f, dir := folder(t)
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for n := range ids {
		wg.Go(func() {
			out, err := process(t, dir, "identity").CombinedOutput()
			ids[n] = string(out)
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	i, err := f.Identity()
	require.NoError(t, err)
	for _, id := range ids {
		require.Equal(t, string(i.ID), id)
	}
	requireOnly(t, dir, "identity.pem")
}

func TestIdentityNeverTakesThePlaceOfAFile(t *testing.T) {
	f, _ := folder(t)
	write(t, f, "new", "new")
	write(t, f, "identity.pem", "restored at this very moment")
	require.ErrorIs(t, trust.RenameNew(f.Path("new"), f.Path("identity.pem")), os.ErrExist)
	requireFile(t, f, "identity.pem", "restored at this very moment")
}

func TestIdentityOfAReadOnlyFolder(t *testing.T) {
	f, dir := folder(t)
	first, err := f.Identity()
	require.NoError(t, err)
	require.NoError(t, os.Remove(f.Path("lock")))
	again, err := trust.Open(dir)
	require.NoError(t, err)
	i, err := again.Identity()
	require.NoError(t, err)
	require.Equal(t, first.ID, i.ID)
	require.NoFileExists(t, f.Path("lock"), "reading needs no lock")
}

func TestBrokenIdentityFilesAreRefusedAndStay(t *testing.T) {
	f, _ := folder(t)
	_, err := f.Identity()
	require.NoError(t, err)
	whole, err := os.ReadFile(f.Path("identity.pem"))
	require.NoError(t, err)
	good := string(whole)
	at := strings.Index(good, "-----BEGIN PRIVATE KEY")
	cert, key := good[:at], good[at:]
	_, other, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	says := map[string]string{ // any error is right for the others
		"empty":                                "it contains no complete block CERTIFICATE",
		"no key":                               "it contains no complete block PRIVATE KEY",
		"two certificates":                     "it contains more than one block CERTIFICATE",
		"another key":                          "its key and its certificate do not belong together",
		"RSA":                                  "the key in its certificate is not an ed25519 key",
		"RSA's key and an ed25519 certificate": "its key is not an ed25519 key",
	}
	for what, text := range map[string]string{
		"empty":              "",
		"one byte":           "-",
		"binary":             strings.Repeat("\x00\xff\x1b", 1000),
		"text":               "Hello\n",
		"no key":             cert,
		"no certificate":     key,
		"half a certificate": cert[:len(cert)/2] + key,
		"cut in the key":     good[:len(good)-40],
		"two certificates":   cert + cert + key,
		"two keys":           cert + key + key,
		"a block of another kind": good +
			"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
		"an encrypted key": cert + strings.ReplaceAll(
			key, "PRIVATE KEY", "ENCRYPTED PRIVATE KEY",
		),
		"another key":                          cert + keyPEM(t, other),
		"another certificate":                  certificatePEM(t, other.Public(), other) + key,
		"RSA":                                  certificatePEM(t, rsaKey.Public(), rsaKey) + keyPEM(t, rsaKey),
		"ECDSA":                                certificatePEM(t, ecKey.Public(), ecKey) + keyPEM(t, ecKey),
		"an ed25519 key and RSA's certificate": certificatePEM(t, rsaKey.Public(), rsaKey) + key,
		"RSA's key and an ed25519 certificate": cert + keyPEM(t, rsaKey),
		"a certificate of junk":                pemOf("CERTIFICATE", []byte("junk")) + key,
		"a key of junk":                        cert + pemOf("PRIVATE KEY", []byte("junk")),
		"a NUL in the middle":                  cert[:100] + "\x00" + cert[101:] + key,
	} {
		t.Run(what, func(t *testing.T) {
			write(t, f, "identity.pem", text)
			_, err := f.Identity()
			require.ErrorContains(t, err, says[what])
			requireHint(
				t, err, f.Path("identity.pem"),
				"restore it from a backup, or move it away and pair again",
			)
			requireFile(t, f, "identity.pem", text)
		})
	}
	for cut := 0; cut < len(good)-1; cut += 7 { // without the last byte, a line end, the file is valid
		write(t, f, "identity.pem", good[:cut])
		_, err := f.Identity()
		require.Error(t, err, cut)
	}
}

func TestIdentityFilesThatEditorsHaveTouchedAreFine(t *testing.T) {
	f, _ := folder(t)
	want, err := f.Identity()
	require.NoError(t, err)
	b, err := os.ReadFile(f.Path("identity.pem"))
	require.NoError(t, err)
	good := string(b)
	at := strings.Index(good, "-----BEGIN PRIVATE KEY")
	for what, text := range map[string]string{
		"CRLF":             strings.ReplaceAll(good, "\n", "\r\n"),
		"BOM":              "\ufeff" + good,
		"BOM and CRLF":     "\ufeff" + strings.ReplaceAll(good, "\n", "\r\n"),
		"no last line end": strings.TrimSuffix(good, "\n"),
		"the key first":    good[at:] + good[:at],
		"a comment":        "# of the server computer\n" + good,
	} {
		write(t, f, "identity.pem", text)
		i, err := f.Identity()
		require.NoError(t, err, what)
		require.Equal(t, want.ID, i.ID)
	}
}

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func keyPEM(t testing.TB, key any) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pemOf("PRIVATE KEY", der)
}

// certificate returns a self-signed certificate in DER.
func certificate(t testing.TB, public, private any) []byte {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	require.NoError(t, err)
	return der
}

func certificatePEM(t testing.TB, public, private any) string {
	return pemOf("CERTIFICATE", certificate(t, public, private))
}
