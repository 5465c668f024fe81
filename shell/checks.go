package shell

import (
	"slices"
	"strings"

	"techsh/codec"
)

const (
	never   = "techsh-lint-must-not-land" // the name of a file that no server makes
	nowhere = "techsh-lint-nowhere"
	filler  = "x"
)

// checks returns all of them.
func checks() []check {
	return slices.Concat(gateChecks(), conversationChecks(), frameChecks(), handChecks(), wordChecks(), verbChecks(), streamChecks())
}

// gateChecks are those of who is not let in.
func gateChecks() []check {
	const hangsUp = "hangs up without a word"
	return []check{
		gate("nothing: silence before AUTH", "", "quiet").then("auth COOKIE\n", "HELO"),
		gate("auth in any case, typed with CR LF", "aUtH COOKIE\r\n", "HELO"),
		gate("a wrong cookie, then the right one", "auth techsh-lint-guesses\nauth COOKIE\n", "ERR not-allowed", "HELO"),
		gate("AUTH with two words, then the right one", "auth COOKIE COOKIE\nauth COOKIE\n", "ERR not-allowed", "HELO"),
		gate("three wrong cookies: the third ends it", "auth a\nauth b\nauth c\n", "ERR not-allowed", "ERR not-allowed", "ERR not-allowed", "end"),
		gate("an HTTP request: "+hangsUp, "GET / HTTP/1.0\r\n\r\n", "closed"),
		gate("a call in front of AUTH: "+hangsUp, frame("PING", ""), "closed"),
		gate("AUTX: "+hangsUp+" at the first differing byte", "AUTX", "closed"),
		gate("AUTH over the limit of 1,024 bytes: "+hangsUp, "AUTH 0000001025\n", "closed"),
		stranger(NoTLS, "an HTTP request in place of TLS", "GET / HTTP/1.0\r\n\r\n", "turned-away"),
		stranger(OlderTLS, "TLS 1.2", "", "refused"),
		stranger(OtherALPN, "TLS with another ALPN", "", "refused"),
		stranger(NoCertificate, "no certificate", "", "turned-away"),
		stranger(OtherKey, "a key that it does not know, then a call", "", "ERR unpaired pairing= host=").then(frame("PING", ""), "closed"),
	}
}

func conversationChecks() []check {
	const section, bins = "A conversation", "Three bins"
	hello := frame("HELO", "techsh/1 name=lint host=lint colour=blue\n")
	list := []check{
		first(section, "HELO with an unknown pair, and a call", hello+frame("PING", ""), "OK"),
		first(bins, "HELO twice", hello+hello, "ERR bad-frame", "end"),
		first(bins, "HELO without techsh/1", frame("HELO", "techsh/99\n"), "ERR unsupported", "end"),
		later(bins, "HELO behind a first call", hello, "ERR bad-frame", "end"),
		first(section, "HELO behind an unknown verb, which is a first call", frame("ZZZZ", ""), "ERR unknown-verb").then(hello, "ERR bad-frame", "end"),
		later(section, "AUTH behind HELO", frame("AUTH", "x\n"), "ERR unknown-verb"),
		later(section, "two calls at once", frame("ECHO", "a\n")+frame("ECHO", "b\n"), "DATA a", "OK", "DATA b", "OK"),
		later("Verbs", "EXIT", frame("EXIT", ""), "OK", "end"),
		later(section, "a call behind EXIT", frame("EXIT", "")+frame("PING", ""), "OK", "end"),
		later("Never stuck", "TICK", frame("TICK", "")),
		later(bins, "an unknown verb", frame("ZZZZ", ""), "ERR unknown-verb"),
		later(bins, "an unknown verb with a body of 65,536 bytes", frame("ZZZZ", strings.Repeat(filler, codec.MaxWords-1)+"\n"), "ERR unknown-verb"),
		later(bins, "STOP when nothing runs", frame("STOP", "")),
		later(bins, "STOP with a body", frame("STOP", "now\n")),
	}
	for _, f := range []struct{ verb, body string }{
		{"FILE", "f 0644 - - x\n"},
		{"DATA", "abc"},
		{"SUM", "none\n"},
		{"END", ""},
		{"SIZE", "80 25\n"},
	} {
		list = append(list, later(bins, f.verb+" that nobody waits for", frame(f.verb, f.body)))
	}
	for _, f := range []struct{ verb, body string }{
		{"OK", ""},
		{"ERR", "internal x\n"},
		{"NOTE", "internal x y\n"},
		{"MORE", "1\n"},
		{"NEWS", "asking x\n"},
	} {
		list = append(list, later(bins, f.verb+", which is a server's", frame(f.verb, f.body), "ERR bad-frame", "end"))
	}
	return list
}

func frameChecks() []check {
	const section = "Frames"
	apart := later(section, "a frame byte by byte", frame("ECHO", "hello\n"), "DATA hello", "OK")
	apart.steps[0].slowly = true
	long := strings.Repeat(filler, codec.MaxWords-1)
	list := []check{
		apart,
		later("Limits", "a body of 65,536 bytes", frame("ECHO", long+"\n"), "DATA "+long, "OK"),
		later("Limits", "a LENGTH of 65,537 in front of words", "ECHO 0000065537\n", "ERR bad-frame", "end"),
		later("Limits", "a LENGTH of 1,048,577 in front of bytes", "DATA 0001048577\n", "ERR bad-frame", "end"),
		later("Limits", "the greatest LENGTH that there is", "DATA 9999999999\n", "ERR bad-frame", "end"),
		later("Three bins", "a broken header, and a whole frame behind it: never resynchronise", "PING 000000000 \n"+frame("ECHO", "hello\n"), "ERR bad-frame", "end"),
	}
	for _, h := range []struct{ what, header string }{
		{"a VERB in small letters", "ping 0000000000\n"},
		{"an empty VERB", "     0000000000\n"},
		{"a space inside VERB", "PI G 0000000000\n"},
		{"a VERB that is padded on the left", "  OK 0000000000\n"},
		{"a digit in VERB", "PIN1 0000000000\n"},
		{"no space behind VERB", "PING00000000000\n"},
		{"a TAB behind VERB", "PING\t0000000000\n"},
		{"a LENGTH that is padded with spaces", "PING          0\n"},
		{"a LENGTH with a sign", "PING +000000000\n"},
		{"a LENGTH below zero", "PING -000000001\n"},
		{"a letter in LENGTH", "PING 000000000a\n"},
		{"a LENGTH of 9 digits and CR LF", "PING 000000000\r\n"},
		{"CR LF behind a header", "PING 0000000000\r\n"},
		{"NUL", strings.Repeat("\x00", codec.HeaderSize)},
		{"bytes that are not ASCII", "PÏNG 000000000\n"},
		{"a typed line behind the first header", "echo hello again\n"},
	} {
		list = append(list, later(section, h.what, h.header, "ERR bad-frame", "end"))
	}
	return list
}

func handChecks() []check {
	const section = "Typed by hand"
	return []check{
		first(section, "echo hello, typed", "echo hello\n", "DATA hello", "OK"),
		first(section, "CR LF", "echo hello\r\n", "DATA hello", "OK"),
		first(section, "any case", "EcHo hello\n", "DATA hello", "OK"),
		first(section, "a TAB behind the verb", "echo\thello\n", "DATA hello", "OK"),
		first(section, "blank lines", "\n \t\r\necho hello\n", "DATA hello", "OK"),
		first(section, "a line of 16 bytes that is no header", "echo 0123456789\n", "DATA 0123456789", "OK"),
		first(section, "a long word for a verb", "bye\n", "OK", "end"),
		first(section, "an unknown word", "abracadabra x\n", "ERR unknown-verb"),
		first(section, "a line and then a header", "echo a\n"+frame("ECHO", "b\n"), "DATA a", "OK", "DATA b", "OK"),
		first(section, "a line that begins with a digit", "1 echo hello\n", "ERR bad-frame", "end"),
		first(section, "a line that begins with a space", " echo hello\n", "ERR bad-frame", "end"),
		first(section, "a header with a digit missing", "PING 000000000\n", "ERR bad-frame", "end"),
		first("Limits", "a line of more than 8,192 bytes", "echo "+strings.Repeat(filler, codec.MaxHand), "ERR bad-frame", "end"),
	}
}

func wordChecks() []check {
	const section = "Words"
	echoes := func(name, words, answer string) check {
		return later(section, name, frame("ECHO", words+"\n"), "DATA "+answer, "OK")
	}
	refuses := func(name, body string) check {
		return later(section, name, frame("ECHO", body), "ERR bad-request")
	}
	return []check{
		echoes("spaces and TABs", " a \t b ", "a b"),
		echoes("backslashes", `C:\Users\ann`, `C:\Users\ann`),
		echoes("double quotes, doubled", `"say ""hi"""`, `say "hi"`),
		echoes("a backslash in front of a closing quote", `"C:\Program Files\"`, `C:\Program Files\`),
		echoes("single quotes, doubled", `'it''s'`, "it's"),
		echoes("a single quote inside a word", "don't", "don't"),
		echoes("a quote inside a word", `a" "b`, "a b"),
		echoes("escapes", `e"a\t\\\"\x41"`, "a\t\\\"A"),
		echoes("key=value in a call", "a=b", "a=b"),
		echoes("an option in quotes", `"-x"`, "-x"),
		echoes("-- in front of what begins with -", "-- -x", "-x"),
		echoes("options that end at the first word that is none", "a -x", "a -x"),
		echoes("UTF-8", "Grüße", "Grüße"),
		echoes("bytes that are not UTF-8", "\xff\xfe", "\xff\xfe"),
		later(section, "no body", frame("ECHO", ""), "DATA ", "OK"),
		refuses("a body without LF", "hello"),
		refuses("LF inside of a body", "a\nb\n"),
		refuses("NUL", "a\x00b\n"),
		refuses("a quote that is not closed", "\"hello\n"),
		refuses("an escape that is none", "e\"\\q\"\n"),
		refuses("an option that is none", "-x\n"),
	}
}

func verbChecks() []check {
	const section, time = "Verbs", `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(Z|[+-]\d\d:\d\d)$`
	return []check{
		later(section, "PING with a word", frame("PING", "x\n"), "ERR bad-request"),
		later(section, "HELP", frame("HELP", ""), "LINE .", "OK"),
		later("Clocks", "TIME", frame("TIME", ""), "LINE ^"+time, "OK received="),
		later(section, "NAME", frame("NAME", ""), "LINE .", "OK"),
		later(section, "RAND 1", frame("RAND", "1\n"), "DATA 1", "OK"),
		later(section, "RAND 0", frame("RAND", "0\n"), "ERR bad-request"),
		later(section, "PWD", frame("PWD", ""), "OK cwd="),
		later("Codes", "STAT of what there is not", frame("STAT", nowhere+"\n"), "ERR not-found name="+nowhere).of("STAT"),
		later(section, "STAT of two things that there are not", frame("STAT", nowhere+"-1 "+nowhere+"-2\n"), "NOTE not-found", "NOTE not-found", "ERR partial failed=2 done=0").of("STAT"),
		later("Words", "a pattern without a match", frame("STAT", nowhere+"*\n"), "ERR not-found").of("STAT"),
		later(section, "CD to what there is not", frame("CD", nowhere+"\n")+frame("PWD", ""), "ERR not-found", "OK cwd=").of("CD"),
		later(section, "DIR of what there is not", frame("DIR", nowhere+"\n"), "ERR not-found").of("DIR"),
		later(section, "GET of what there is not", frame("GET", nowhere+"\n"), "ERR not-found").of("GET"),
		later(section, "GET without a word", frame("GET", ""), "ERR bad-request").of("GET"),
		later(section, "EXEC without a word", frame("EXEC", ""), "ERR bad-request").of("EXEC"),
		later(section, "EXEC of what there is not", frame("EXEC", nowhere+"\n"), "ERR not-found").of("EXEC"),
	}
}

func streamChecks() []check {
	const section = "Files"
	const file, sum = "f 0644 5 - " + never + "\n", "crc32c=00000000\n"
	put := func(name string, wants []string, frames ...string) check {
		c := later(section, name, frame("PUT", never+"\n")+strings.Join(frames, "")+frame("END", ""), wants...)
		return c.of("PUT").then(frame("STAT", never+"\n"), "ERR not-found")
	}
	return []check{
		later("A conversation", "a stream behind a call that takes none", frame("PING", "")+frame("DATA", "abc")+frame("END", ""), "OK"),
		put("a wrong crc32c", []string{"ERR mismatch"}, frame("FILE", file), frame("DATA", "hello"), frame("SUM", sum)),
		put("a crc32c in capitals", []string{"ERR bad-request"}, frame("FILE", file), frame("DATA", "hello"), frame("SUM", "crc32c=9A71BB4C\n")),
		put("SUM error=changed", []string{"ERR changed"}, frame("FILE", file), frame("DATA", "hello"), frame("SUM", "error=changed\n")),
		put("no FILE", []string{"ERR bad-request"}),
		put("SUM without FILE", []string{"ERR bad-request"}, frame("SUM", "none\n")),
		put("DATA without FILE", []string{"ERR bad-request"}, frame("DATA", "hello")),
		put("FILE without SUM", []string{"ERR bad-request"}, frame("FILE", file)),
		put("FILE twice", []string{"ERR bad-request"}, frame("FILE", file), frame("FILE", file)),
		put("FILE that is no entry", []string{"ERR bad-request"}, frame("FILE", "hello\n")),
		later(section, "a name with / in it", frame("PUT", "")+frame("FILE", "f 0644 - - a/b\n")+frame("END", ""), "ERR bad-name").of("PUT"),
		later(section, "the name ..", frame("PUT", "")+frame("FILE", "f 0644 - - ..\n")+frame("END", ""), "ERR bad-name").of("PUT"),
		later("A conversation", "an early answer, and the stream behind it", frame("PUT", nowhere+"/x\n")+frame("FILE", file), "ERR not-found").of("PUT").
			then(frame("DATA", "hello") + frame("SUM", "none\n") + frame("END", "")),
		later("A conversation", "STOP in an open stream", frame("PUT", never+"\n")+frame("STOP", ""), "ERR cancelled").of("PUT"),
		later("Three bins", "a call inside an open stream", frame("PUT", never+"\n")+frame("PING", ""), "ERR bad-frame", "end").of("PUT"),
		later("Three bins", "an unknown verb inside an open stream", frame("PUT", never+"\n")+frame("ZZZZ", ""), "ERR bad-frame", "end").of("PUT"),
	}
}
