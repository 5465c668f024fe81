package lint

import (
	"slices"
	"strings"

	"techsh/codec"
)

const (
	forbiddenFile = "techsh-lint-must-not-land" // must not be created by any server
	missingFile   = "techsh-lint-nowhere"
)

// Checks returns all checks.
func Checks() []Check {
	return slices.Concat(
		admissionChecks(), conversationChecks(), frameChecks(), handChecks(),
		wordChecks(), verbChecks(), putChecks(), streamChecks(),
	)
}

// admissionChecks returns the checks in which a server must reject clients without
// credentials.
func admissionChecks() []Check {
	const hangsUp = "hangs up without an answer"
	return []Check{
		newCookieCheck("nothing: silence before AUTH", "", "quiet").then("auth COOKIE\n", "HELO"),
		newCookieCheck("auth in any case, typed with CR LF", "aUtH COOKIE\r\n", "HELO"),
		newCookieCheck(
			"a wrong cookie, then the right one",
			"auth techsh-lint-guesses\nauth COOKIE\n",
			"ERR not-allowed",
			"HELO",
		),
		newCookieCheck(
			"AUTH with two words, then the right one",
			"auth COOKIE COOKIE\nauth COOKIE\n",
			"ERR not-allowed",
			"HELO",
		),
		newCookieCheck(
			"three wrong cookies: the third ends it",
			"auth a\nauth b\nauth c\n",
			"ERR not-allowed",
			"ERR not-allowed",
			"ERR not-allowed",
			"end",
		),
		newCookieCheck("an HTTP request: "+hangsUp, "GET / HTTP/1.0\r\n\r\n", "closed"),
		newCookieCheck("a call before AUTH: "+hangsUp, frame("PING", ""), "closed"),
		newCookieCheck("AUTX: "+hangsUp+" at the first differing byte", "AUTX", "closed"),
		newCookieCheck("AUTH over the limit of 1,024 bytes: "+hangsUp, "AUTH 0000001025\n", "closed"),
		newHandshakeCheck(NoTLS, "an HTTP request in place of TLS", "GET / HTTP/1.0\r\n\r\n", "turned-away"),
		newHandshakeCheck(OlderTLS, "TLS 1.2", "", "refused"),
		newHandshakeCheck(OtherALPN, "TLS with another ALPN", "", "refused"),
		newHandshakeCheck(NoCertificate, "no certificate", "", "turned-away"),
		newHandshakeCheck(
			UnknownKey,
			"a key that the server does not know, then a call",
			"",
			"ERR unpaired pairing= host=",
		).then(frame("PING", ""), "closed"),
	}
}

func conversationChecks() []Check {
	const section, bins = "A conversation", "Three bins"
	hello := frame("HELO", "techsh/1 name=lint host=lint colour=blue\n")
	list := []Check{
		newFirstCheck(section, "HELO with an unknown pair, and a call", hello+frame("PING", ""), "OK"),
		newFirstCheck(bins, "HELO twice", hello+hello, "ERR bad-frame", "end"),
		newFirstCheck(bins, "HELO without techsh/1", frame("HELO", "techsh/99\n"), "ERR unsupported", "end"),
		newCheck(bins, "HELO after a first call", hello, "ERR bad-frame", "end"),
		newFirstCheck(
			section,
			"HELO after an unknown verb, which is a first call",
			frame("ZZZZ", ""),
			"ERR unknown-verb",
		).then(hello, "ERR bad-frame", "end"),
		newCheck(section, "AUTH after HELO", frame("AUTH", "x\n"), "ERR unknown-verb"),
		newCheck(
			section,
			"two calls at once",
			frame("ECHO", "a\n")+frame("ECHO", "b\n"),
			"DATA a",
			"OK",
			"DATA b",
			"OK",
		),
		newCheck("Verbs", "EXIT", frame("EXIT", ""), "OK", "end"),
		newCheck(section, "a call after EXIT", frame("EXIT", "")+frame("PING", ""), "OK", "end"),
		newCheck("Never stuck", "TICK", frame("TICK", "")),
		newCheck(bins, "an unknown verb", frame("ZZZZ", ""), "ERR unknown-verb"),
		newCheck(
			bins,
			"an unknown verb with a body of 65,536 bytes",
			frame("ZZZZ", strings.Repeat("x", codec.MaxWords-1)+"\n"),
			"ERR unknown-verb",
		),
		newCheck(bins, "STOP when nothing runs", frame("STOP", "")),
		newCheck(bins, "STOP with a body", frame("STOP", "now\n")),
	}
	for _, f := range []struct{ verb, body string }{
		{"FILE", "f 0644 - - x\n"},
		{"DATA", "abc"},
		{"SUM", "none\n"},
		{"END", ""},
		{"SIZE", "80 25\n"},
	} {
		list = append(list, newCheck(bins, f.verb+" without a call that expects it", frame(f.verb, f.body)))
	}
	for _, f := range []struct{ verb, body string }{
		{"OK", ""},
		{"ERR", "internal x\n"},
		{"NOTE", "internal x y\n"},
		{"MORE", "1\n"},
		{"NEWS", "asking x\n"},
	} {
		list = append(
			list,
			newCheck(bins, f.verb+", which only a server sends", frame(f.verb, f.body), "ERR bad-frame", "end"),
		)
	}
	return list
}

func frameChecks() []Check {
	const section = "Frames"
	apart := newCheck(section, "a frame byte by byte", frame("ECHO", "hello\n"), "DATA hello", "OK")
	apart.steps[0].slowly = true
	long := strings.Repeat("x", codec.MaxWords-1)
	list := []Check{
		apart,
		newCheck("Limits", "a body of 65,536 bytes", frame("ECHO", long+"\n"), "DATA "+long, "OK"),
		newCheck("Limits", "a LENGTH of 65,537 before words", "ECHO 0000065537\n", "ERR bad-frame", "end"),
		newCheck("Limits", "a LENGTH of 1,048,577 before bytes", "DATA 0001048577\n", "ERR bad-frame", "end"),
		newCheck("Limits", "the greatest possible LENGTH", "DATA 9999999999\n", "ERR bad-frame", "end"),
		newCheck(
			"Three bins",
			"a broken header, and a whole frame after it: no resynchronising",
			"PING 000000000 \n"+frame("ECHO", "hello\n"),
			"ERR bad-frame",
			"end",
		),
	}
	for _, h := range []struct{ what, header string }{
		{"a VERB in small letters", "ping 0000000000\n"},
		{"an empty VERB", "     0000000000\n"},
		{"a space inside VERB", "PI G 0000000000\n"},
		{"a VERB that is padded on the left", "  OK 0000000000\n"},
		{"a digit in VERB", "PIN1 0000000000\n"},
		{"no space after VERB", "PING00000000000\n"},
		{"a TAB after VERB", "PING\t0000000000\n"},
		{"a LENGTH that is padded with spaces", "PING          0\n"},
		{"a LENGTH with a sign", "PING +000000000\n"},
		{"a LENGTH below zero", "PING -000000001\n"},
		{"a letter in LENGTH", "PING 000000000a\n"},
		{"a LENGTH of 9 digits and CR LF", "PING 000000000\r\n"},
		{"CR LF after a header", "PING 0000000000\r\n"},
		{"NUL", strings.Repeat("\x00", codec.HeaderSize)},
		{"bytes that are not ASCII", "PÏNG 000000000\n"},
		{"a typed line after the first header", "echo hello again\n"},
	} {
		list = append(list, newCheck(section, h.what, h.header, "ERR bad-frame", "end"))
	}
	return list
}

func handChecks() []Check {
	const section = "Typed by hand"
	return []Check{
		newFirstCheck(section, "echo hello, typed", "echo hello\n", "DATA hello", "OK"),
		newFirstCheck(section, "CR LF", "echo hello\r\n", "DATA hello", "OK"),
		newFirstCheck(section, "any case", "EcHo hello\n", "DATA hello", "OK"),
		newFirstCheck(section, "a TAB after the verb", "echo\thello\n", "DATA hello", "OK"),
		newFirstCheck(section, "blank lines", "\n \t\r\necho hello\n", "DATA hello", "OK"),
		newFirstCheck(
			section,
			"a line of 16 bytes that is no header",
			"echo 0123456789\n",
			"DATA 0123456789",
			"OK",
		),
		newFirstCheck(section, "a long word for a verb", "bye\n", "OK", "end"),
		newFirstCheck(section, "an unknown word", "abracadabra x\n", "ERR unknown-verb"),
		newFirstCheck(
			section,
			"a line and then a header",
			"echo a\n"+frame("ECHO", "b\n"),
			"DATA a",
			"OK",
			"DATA b",
			"OK",
		),
		newFirstCheck(section, "a line that begins with a digit", "1 echo hello\n", "ERR bad-frame", "end"),
		newFirstCheck(section, "a line that begins with a space", " echo hello\n", "ERR bad-frame", "end"),
		newFirstCheck(section, "a header with a digit missing", "PING 000000000\n", "ERR bad-frame", "end"),
		newFirstCheck(
			"Limits",
			"a line of more than 8,192 bytes",
			"echo "+strings.Repeat("x", codec.MaxHand),
			"ERR bad-frame",
			"end",
		),
	}
}
