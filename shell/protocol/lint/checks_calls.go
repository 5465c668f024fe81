package lint

import "strings"

func wordChecks() []Check {
	const section = "Words"
	echoes := func(name, words, answer string) Check {
		return newCheck(section, name, frame("ECHO", words+"\n"), "DATA "+answer, "OK")
	}
	refuses := func(name, body string) Check {
		return newCheck(section, name, frame("ECHO", body), "ERR bad-request")
	}
	return []Check{
		echoes("spaces and TABs", " a \t b ", "a b"),
		echoes("backslashes", `C:\Users\ann`, `C:\Users\ann`),
		echoes("double quotes, doubled", `"say ""hi"""`, `say "hi"`),
		echoes("a backslash before a closing quote", `"C:\Program Files\"`, `C:\Program Files\`),
		echoes("single quotes, doubled", `'it''s'`, "it's"),
		echoes("a single quote inside a word", "don't", "don't"),
		echoes("a quote inside a word", `a" "b`, "a b"),
		echoes("escapes", `e"a\t\\\"\x41"`, "a\t\\\"A"),
		echoes("key=value in a call", "a=b", "a=b"),
		echoes("an option in quotes", `"-x"`, "-x"),
		echoes("-- before a word that begins with -", "-- -x", "-x"),
		echoes("options end at the first other word", "a -x", "a -x"),
		echoes("UTF-8", "Grüße", "Grüße"),
		echoes("bytes that are not UTF-8", "\xff\xfe", "\xff\xfe"),
		newCheck(section, "no body", frame("ECHO", ""), "DATA ", "OK"),
		refuses("a body without LF", "hello"),
		refuses("LF inside of a body", "a\nb\n"),
		refuses("NUL", "a\x00b\n"),
		refuses("a quote that is not closed", "\"hello\n"),
		refuses("an invalid escape", "e\"\\q\"\n"),
		refuses("an unknown option", "-x\n"),
	}
}

func verbChecks() []Check {
	const section, time = "Verbs", `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(Z|[+-]\d\d:\d\d)$`
	return []Check{
		newCheck(section, "PING with a word", frame("PING", "x\n"), "ERR bad-request"),
		newCheck(section, "HELP", frame("HELP", ""), "LINE .", "OK"),
		newCheck("Clocks", "TIME", frame("TIME", ""), "LINE ^"+time, "OK received="),
		newCheck(section, "NAME", frame("NAME", ""), "LINE .", "OK"),
		newCheck(section, "RAND 1", frame("RAND", "1\n"), "DATA 1", "OK"),
		newCheck(section, "RAND 0", frame("RAND", "0\n"), "ERR bad-request"),
		newCheck(section, "PWD", frame("PWD", ""), "OK cwd="),
		newCheck(
			"Codes",
			"STAT of a missing file",
			frame("STAT", missingFile+"\n"),
			"ERR not-found name="+missingFile,
		).ifOffered("STAT"),
		newCheck(
			section,
			"STAT of two missing files",
			frame("STAT", missingFile+"-1 "+missingFile+"-2\n"),
			"NOTE not-found",
			"NOTE not-found",
			"ERR partial failed=2 done=0",
		).ifOffered("STAT"),
		newCheck(
			"Words",
			"a pattern without a match",
			frame("STAT", missingFile+"*\n"),
			"ERR not-found",
		).ifOffered("STAT"),
		newCheck(
			section,
			"CD to a missing folder",
			frame("CD", missingFile+"\n")+frame("PWD", ""),
			"ERR not-found",
			"OK cwd=",
		).ifOffered("CD"),
		newCheck(
			section,
			"DIR of a missing folder",
			frame("DIR", missingFile+"\n"),
			"ERR not-found",
		).ifOffered("DIR"),
		newCheck(
			section,
			"GET of a missing file",
			frame("GET", missingFile+"\n"),
			"ERR not-found",
		).ifOffered("GET"),
		newCheck(section, "GET without a word", frame("GET", ""), "ERR bad-request").ifOffered("GET"),
		newCheck(section, "EXEC without a word", frame("EXEC", ""), "ERR bad-request").ifOffered("EXEC"),
		newCheck(
			section,
			"EXEC of a missing program",
			frame("EXEC", missingFile+"\n"),
			"ERR not-found",
		).ifOffered("EXEC"),
	}
}

// forbiddenEntry is the body of a FILE frame for forbiddenFile.
const forbiddenEntry = "f 0644 5 - " + forbiddenFile + "\n"

// putChecks returns the checks in which an invalid stream must not create a file.
func putChecks() []Check {
	const section, sum = "Files", "crc32c=00000000\n"
	put := func(name string, wants []string, frames ...string) Check {
		c := newCheck(
			section,
			name,
			frame("PUT", forbiddenFile+"\n")+strings.Join(frames, "")+frame("END", ""),
			wants...,
		)
		return c.ifOffered("PUT").then(frame("STAT", forbiddenFile+"\n"), "ERR not-found")
	}
	return []Check{
		put(
			"a wrong crc32c",
			[]string{"ERR mismatch"},
			frame("FILE", forbiddenEntry),
			frame("DATA", "hello"),
			frame("SUM", sum),
		),
		put(
			"a crc32c in capitals",
			[]string{"ERR bad-request"},
			frame("FILE", forbiddenEntry),
			frame("DATA", "hello"),
			frame("SUM", "crc32c=9A71BB4C\n"),
		),
		put(
			"SUM error=changed",
			[]string{"ERR changed"},
			frame("FILE", forbiddenEntry),
			frame("DATA", "hello"),
			frame("SUM", "error=changed\n"),
		),
		put("no FILE", []string{"ERR bad-request"}),
		put("SUM without FILE", []string{"ERR bad-request"}, frame("SUM", "none\n")),
		put("DATA without FILE", []string{"ERR bad-request"}, frame("DATA", "hello")),
		put("FILE without SUM", []string{"ERR bad-request"}, frame("FILE", forbiddenEntry)),
		put("FILE twice", []string{"ERR bad-request"}, frame("FILE", forbiddenEntry), frame("FILE", forbiddenEntry)),
		put("FILE without an entry", []string{"ERR bad-request"}, frame("FILE", "hello\n")),
	}
}

func streamChecks() []Check {
	const section = "Files"
	return []Check{
		newCheck(
			"A conversation",
			"a stream after a call that takes none",
			frame("PING", "")+frame("DATA", "abc")+frame("END", ""),
			"OK",
		),
		newCheck(
			section,
			"a name with / in it",
			frame("PUT", "")+frame("FILE", "f 0644 - - a/b\n")+frame("END", ""),
			"ERR bad-name",
		).ifOffered("PUT"),
		newCheck(
			section,
			"the name ..",
			frame("PUT", "")+frame("FILE", "f 0644 - - ..\n")+frame("END", ""),
			"ERR bad-name",
		).ifOffered("PUT"),
		newCheck(
			"A conversation",
			"an early answer, and the stream after it",
			frame("PUT", missingFile+"/x\n")+frame("FILE", forbiddenEntry),
			"ERR not-found",
		).ifOffered("PUT").
			then(frame("DATA", "hello") + frame("SUM", "none\n") + frame("END", "")),
		newCheck(
			"A conversation",
			"STOP in an open stream",
			frame("PUT", forbiddenFile+"\n")+frame("STOP", ""),
			"ERR cancelled",
		).ifOffered("PUT"),
		newCheck(
			"Three bins",
			"a call inside an open stream",
			frame("PUT", forbiddenFile+"\n")+frame("PING", ""),
			"ERR bad-frame",
			"end",
		).ifOffered("PUT"),
		newCheck(
			"Three bins",
			"an unknown verb inside an open stream",
			frame("PUT", forbiddenFile+"\n")+frame("ZZZZ", ""),
			"ERR bad-frame",
			"end",
		).ifOffered("PUT"),
	}
}
