// Package codec is the language that both halves of techsh speak: frames, words, nouns
// and errors. It opens no file and starts no goroutine.
//
// This comment is the specification of the protocol techsh/1. It is sufficient for
// writing a client or a server in any language: the client testdata/python/techsh.py was
// written from it alone. The vectors in testdata/wire are examples with their expected
// results. The command techsh lint tests any server against this specification and names
// the section of each rule that the server breaks, and "techsh help hand" shows how to
// type the protocol.
//
// The files:
//
//   - frame.go: headers and bodies; hand.go: lines typed by hand
//   - conn.go, conn_greeting.go: a connection that carries frames
//   - words.go: the grammar of words; options.go, patterns.go: special meanings of bare
//     words; pairs.go: key=value
//   - errors.go: the codes; explain.go: the codes of the system's errors
//   - entry.go, nouns.go, machine.go, codepage.go: the nouns
//   - show.go: text that is safe for a terminal
//
// # Frames
//
// A connection consists of two streams of bytes, one in each direction. Each stream is a
// sequence of frames: a header of exactly 16 bytes, and a body.
//
//	offset  size  what
//	     0     4  VERB    1 to 4 of A-Z, padded with spaces on the right
//	     4     1  SP      0x20
//	     5    10  LENGTH  of the body in bytes: decimal digits, padded with zeros on the left
//	    15     1  LF      0x0a
//	    16     …  body    LENGTH bytes; the next frame follows directly
//
// One header is one row of a hexdump. This is DIR with the body `C:\` LF:
//
//	00000000  44 49 52 20 20 30 30 30  30 30 30 30 30 30 34 0a  |DIR  0000000004.|
//	00000010  43 3a 5c 0a                                       |C:\.|
//
// A body is either one line of words, including its LF, or raw bytes. Without words there
// is no body, and LENGTH is 0. The body of DATA is always raw. The body of NOTE is raw
// only when it is the standard error of a program. A line of words contains no NUL, and
// no LF except as its last byte. Any body may be empty. The body of DATA or NOTE has at
// most 1,048,576 bytes. Any other body, including that of an unknown frame, has at most
// 65,536 bytes. Until the server has authorised the client, it accepts bodies of at most
// 1,024 bytes. A receiver allocates memory for the bytes that arrive, not for LENGTH.
//
// # Typed by hand
//
// Until a client has sent its first header, the server also accepts lines as frames. It
// reads up to the next LF, at most 8,192 bytes including the LF, and decides:
//
//   - Exactly 16 bytes in the form of a header are a header. From then on only headers
//     are accepted, so that a program that has lost its place in the stream is
//     disconnected, and its data are never taken for commands.
//   - A blank line (only spaces and tabs, and possibly a CR before the LF) is skipped.
//   - At a line that does not begin with a letter A-Z or a-z, the server hangs up.
//   - A line that has only capitals, digits and spaces, and whose first digit is 0, is
//     taken for a broken header: the server hangs up.
//   - Any other line is a frame. Its first word, up to a space or tab, is the VERB in
//     upper or lower case, or one of the longer words for it (see Verbs); any other word
//     is an unknown verb. The one space or tab after it is dropped. The rest, without a
//     CR at its end but with the LF, is the body. If nothing else follows the verb, there
//     is no body. A line without its LF is not a frame.
//
// So `dir C:\` typed in nc is the frame above, byte for byte, and a file can be typed:
//
//	put notes.txt
//	file f 0644 - - notes.txt
//	data hello
//	sum none
//	end
//
// Answers are always frames. A client program sends headers from its first byte on.
//
// # Words
//
// Words are separated by spaces or tabs. Any other byte belongs to a word, even if it is
// not valid UTF-8. The same grammar is used at the prompt, in lines typed by hand, and on
// the wire.
//
//   - A bare word is literal, including backslashes: C:\Users\ann is exactly that.
//   - "…" anywhere in a word, and '…' at its start, are literal too, and the word
//     continues after the closing quote. Between the quotes, the same quote doubled
//     stands for one: `"C:\Program Files\"` is C:\Program Files\, `"say ""hi"""` is say
//     "hi", `don't` is don't, `'a'b` is ab, `""` is the empty word.
//   - e"…", which is always a whole word, is the only form with escapes: \n \t \r \\ \"
//     and, for any byte, \xHH, with hexadecimal digits of either case. An e inside a word
//     has no special meaning: name=e"x" is name=ex.
//   - A quote that is not closed, any other escape, and a word that continues after e"…"
//     are errors.
//
// A word has a text and is quoted or bare. If any part of it is in quotes, the whole word
// is quoted; so is e"…". A quoted word always stands for its own text. A bare word may
// have one of these meanings, if the verb allows it:
//
//   - An option: a word of two or more characters that begins with "-". -rf is -r -f. -d2
//     or -d 2 gives -d an argument, and so does --depth=2 or --depth 2. "--" alone ends
//     the options. Options may come anywhere, except that those of EXEC, SH, RUN and ECHO
//     end at the first word that is not an option.
//   - The home folder: "~", alone or followed by a separator.
//   - A pattern: within one component of a path, "*" matches any bytes and "?" matches
//     one rune; "**" as a whole component matches any number of folders. Brackets and
//     braces have no special meaning. A name that begins with "." is matched only by a
//     component that begins with "." too. If a file has exactly the text of the pattern
//     as its name, the word means this file only. The matches in a folder are sorted.
//     Without a match the answer is not-found. The arguments of programs are never
//     patterns. On a Windows server, where names cannot contain * and ?, quoted words can
//     be patterns too.
//
// Only the side that owns the files expands words. Only the server joins, cleans or
// splits its paths, in its own style; to a client they are opaque. The empty word is not
// a path.
//
// Quote writes a word bare when that has the same meaning. It uses "…" when the word is
// empty, contains a space or a ", or begins with '. When the word was quoted (every name
// and value that is printed counts as quoted), it also uses "…" when the word contains
// one of * ? ; | < > & $ or begins with one of - ~ ! # @. It uses e"…" when the word
// contains a byte below 0x20, or 0x7f, or is not UTF-8; inside it LF TAB CR \ " are
// written \n \t \r \\ \" and other such bytes \xHH in lower case. The parts that are
// UTF-8 stay unchanged. Before a name is displayed on a terminal, everything that Unicode
// does not classify as printable, or classifies as Default_Ignorable_Code_Point, must be
// escaped as well, in any readable way, except for what joins emoji; this does not affect
// the wire.
//
// A pair is a word key=value, split at the first "=" and quoted as a whole. Pairs occur
// in HELO, SUM, OK, ERR, TICK and nouns, after the other words. The number of the other
// words is fixed, except in HELO, where they contain no "=". A key occurs at most once in
// a line. Unknown keys are ignored. Calls have no pairs: in a call a=b is a word like any
// other.
//
// Requests may be spelt in any way that has the same meaning, because people type them.
// Headers and nouns have exactly one spelling; any other is refused.
//
// # A conversation
//
// Over TLS, and over a carrier (a program such as ssh that is connected to the standard
// input and output of the server), the server begins at once:
//
//	HELO  techsh/1 session=… system=… host=… user=… cwd=… verbs=DIR,CD,…
//
// On a plain connection the server sends nothing until the client has sent AUTH, whose
// only word is the cookie that the server has printed. The answer is HELO. The answer to
// a wrong cookie, or to a malformed AUTH, is ERR not-allowed; after the third the server
// also closes the connection. It closes the connection without an answer at the first
// byte that differs from AUTH (in upper or lower case) and a space, when a frame exceeds
// the limit, and when no AUTH arrives in time (see Limits). After HELO, AUTH is an
// unknown verb.
//
// The words before the pairs are the versions that the server supports. session
// identifies this conversation in the log of the server; system is linux, windows, darwin
// and the like; cwd is the folder in which relative paths begin; verbs lists the allowed
// calls. Before its first call the client may answer once, with the version that it has
// chosen and a description of itself for the log: HELO techsh/1 name=… host=…. If the
// client does not answer, the first version is used. After the first call, even one with
// an unknown verb, HELO is too late.
//
// Over TLS a client that the server does not know gets ERR unpaired instead of HELO, and
// may be paired (see Trust).
//
// A carrier may send other text first. A client that expects a carrier skips up to 65,536
// bytes before the bytes `HELO`, space, ten digits, LF, `techsh/`.
//
// Then the client makes calls. A call is a frame whose verb is listed under Verbs. The
// server answers it with frames, of which only the last is OK or ERR. Calls have no ids:
// they are answered in order. The stream of a call, if it has one, may follow at once. A
// call that is sent before an earlier one was answered waits for its turn. Meanwhile the
// server does not read what follows it, so a client that sends calls ahead cannot use
// STOP.
//
//	frame  from    body                meaning
//	HELO   both    VERSION… pairs      the greeting
//	verb   client  words               a call
//	FILE   sender  an entry            begins a file; in a listing, begins the entries of a folder
//	DATA   sender  bytes               of the file, or of standard input or output; lines of nouns are never divided
//	SUM    sender  pairs               the end of a file: crc32c=HHHHHHHH, or the word none; or error=CODE: it is
//	                                   not complete and must be dropped. See Files
//	NOTE   server  CODE NAME TEXT      one of several things has failed, the others continue; for EXEC and SH the
//	                                   body is raw: standard error
//	END    client                      the client's stream is complete
//	MORE   server  N                   N more bytes of standard input may be sent
//	SIZE   client  COLUMNS ROWS        the new size of the terminal, in EXEC -t and SH -t
//	STOP   client                      cancels the call
//	TICK   both    pairs               a sign of life, between any two frames. See Never stuck
//	NEWS   server  KIND TEXT           at any time, not part of an answer. TEXT is for people. KIND is draining: the
//	                                   server is being stopped; rights: the client's rights have changed;
//	                                   asking: the call waits for a person at the server to agree; waiting:
//	                                   the call waits for something else
//	OK     server  pairs               the end of an answer
//	ERR    server  CODE TEXT pairs     the end of an answer; outside of a call, why the server hangs up
//
// A client may end the conversation with EXIT, or by closing the connection. A client
// that has not sent HELO may also close its own direction only, outside of a stream: then
// the running call, even if it is a program, and the calls already sent are still
// answered, as long as this makes progress (it ends when no byte is sent for 10 s), and
// the server closes the connection. When a client that has sent HELO closes its
// direction, it is treated as gone, and the running call is cancelled.
//
// The answer to a call that was stopped is ERR cancelled, or the answer that was already
// on its way. It comes within a second, even if a file system does not answer. Nothing
// reports what the call still does after that. When 64 calls hang in this way, calls that
// use files are answered with busy. END and STOP have no body; a body is ignored.
//
// The answer may come before the stream is complete. A client that has read it stops
// sending the stream, and may make the next call. It need not send END, because the
// server drops stream frames that nothing waits for. A client that has not read the
// answer sends END before another call.
//
// # Verbs
//
// The last brackets of a synopsis, after two spaces, hold the longer words for the verb,
// which are accepted when it is typed by hand. A PATH may begin with the home folder, and
// may be a pattern. TO, and the PATH of MKD and PUT, may name new files and are never
// patterns. When one of several paths fails, there is a NOTE for it, the others continue,
// and the answer is ERR partial with failed=N done=N. When the only path fails, the
// answer is the ERR for it, with name=PATH. GET, CAT, COPY, CD, and DIR of a link to a
// folder follow links; DEL, MOVE, STAT and DU do not. A path that ends in a separator and
// does not lead to a folder fails with not-directory.
//
// On a Windows server, C: alone is the root of that drive, and a path that begins with one
// separator begins at the root of the drive of the cwd. /C:/x is C:\x. Refused are C:x,
// which depends on the current folder of a drive, and \\x, the name of another computer.
// DIR / lists the drives.
//
//	AUTH COOKIE                 authorises a plain connection; the answer is HELO
//	HELP [VERB]                 DATA: text
//	ECHO [WORD…]                DATA: the words and LF
//	TIME                        DATA: the clock, RFC 3339 with nine decimals and its zone; OK received=, the
//	                            clock when the call arrived: see Clocks
//	NAME                        DATA: the name of the computer
//	RAND [MAX]                  DATA: a number from 1 to MAX, which is 10 by default
//	INFO                        DATA: one line, a Host, with those of these pairs that are known: cpu=MODEL cores=N
//	                            load=N,N,N (the averages over 1, 5 and 15 minutes), users=N, and in bytes
//	                            memory= memory-free= swap= swap-free=
//	WHO                         DATA: the Users who are logged in, one on each line
//	NET                         DATA: the Endpoints, one on each line: addresses, and where programs listen
//	PS [--mine] [PID…]          DATA: the Processes, one on each line: all, the given ones, or, with --mine, those
//	                            that RUN has started for this peer and that are still running; OK now=, the
//	                            clock as in TIME
//	KILL [-s SIG] [--name PROGRAM] PID…
//	                            sends the signal SIG, given by name or number, or TERM; Windows has only TERM
//	                            and KILL, which are the same. --name: fails with changed if the process is
//	                            not called PROGRAM (any more)
//	PING                        OK
//	EXIT  [quit bye]            OK, and the server closes
//	DIR [-a] [-R] [PATH…]  [ls] DATA of entries. First come the paths that are not folders, and, if the only PATH
//	                            is a pattern, everything that it matches. Then, for each path that is a
//	                            folder or a link to one, FILE of kind d and the contents of the folder
//	                            without . and .., in no order. Each PATH has the name that the request gives
//	                            it. -a: hidden files too; -R: then the folders inside each folder too.
//	                            Without PATH the cwd
//	DIR -c [--folders] PREFIX   the completions of PREFIX, see Completion; --folders: only folders
//	CD [PATH]                   OK cwd=…; without PATH the home folder
//	PWD                         OK cwd=…
//	STAT PATH…                  DATA: an entry for each, links not followed, with user= and group= if known
//	STAT -p PATH…               DATA: a line for each, of words that no file of any other computer has: the first
//	                            identifies the file that PATH leads to, or is - if there is none, and the
//	                            others identify the folders above it. With them a client finds out that
//	                            both ends are one computer, and does not copy a file onto or into itself
//	CAT PATH…  [type]           DATA: the contents of regular files
//	MKD [-p] PATH…  [mkdir md]  makes folders; -p: missing parents too
//	DEL [-r] [-f] [--really] [--state] PATH…  [rm delete]
//	                            deletes; -r: folders too; -f: ignores missing files; --really: even a root or home.
//	                            --state: the client streams a list, DATA with a state of FIND on each line,
//	                            then END; a file or folder whose state is not on the list stays, with the
//	                            folders around it, and fails with changed
//	COPY [-f] [-r] FROM… TO  [cp]
//	                            copies files on the server; -r: folders too; -f: replaces files
//	MOVE [-f] FROM… TO  [mv ren rename]
//	                            renames; -f: replaces a file, never a folder. MOVE and COPY write into TO if it is
//	                            a folder, as it must be for more than one FROM. To another file system MOVE
//	                            copies, and, when the copy is complete, deletes those originals that have not
//	                            changed meanwhile. The others stay, as does their copy, and fail with changed
//	FIND [-L] [--state] [--name PATTERN] [--size N] [--newer TIME] [--type KIND] [--depth N] PATH…
//	                            DATA of entries: PATH and everything below it, hidden files too, depth first:
//	                            a folder is directly followed by everything below it. Otherwise they have
//	                            no order. Names begin with PATH. Links are not followed; -L follows those below PATH.
//	                            --size +N is more than N, -N less; --type is f, d or l; TIME is RFC 3339.
//	                            --state adds state= to each entry: 16 hexadecimal digits. They change as soon
//	                            as a file is replaced, or its contents or one of its attributes change;
//	                            those of a folder change only when the folder is replaced
//	DU [--path] PATH…           DATA: a line BYTES FILES FOLDERS NAME allocated=N for each. BYTES is the sum of
//	                            the sizes of its files; allocated= has the bytes that its files and folders
//	                            take on the disk, without holes. OK files=N folders=N bytes=N allocated=N
//	                            linked=N, the totals. A file with several names adds its bytes once in a
//	                            call, and once to linked for each other name; symbolic links are not
//	                            followed. --path: path= is the path without links that DEL would delete;
//	                            fails where DEL does
//	HASH PATH…  [sha256sum]     DATA: a line HEX NAME for each regular file, its SHA-256
//	DF [PATH…]                  DATA: the Volume of each PATH; without PATH all Volumes
//	GET [-r] [-L] [--sum sha256] [--limit N] PATH…
//	                            for each regular file FILE, DATA…, SUM; OK files=N bytes=N, of complete
//	                            files. -r: folders too, as trees, and OK has folders=N links=N; -L: follows
//	                            links inside trees; --sum: FILE has sum=sha256, and SUM has sha256= as
//	                            well; --limit: at most N bytes a second. See Files
//	GET --have N,SHA256 PATH    sends one file. If its first N bytes have that SHA-256, only the rest is sent and
//	                            counted in bytes=, and FILE has from=N; otherwise all of it is sent, and
//	                            FILE has why=TEXT
//	GET -r --list PATH          sends only those contents of the folder PATH that the client lists in a stream:
//	                            DATA with a word on each line, the name relative to PATH, with / between its
//	                            components and, for a folder, at its end; then END
//	PUT [-f] [-t] [-r] [PATH]   receives a stream of one file, or, with -t, of any number of files, with -r
//	                            of trees too; OK as for GET. -f: replaces files. See Files
//	PART PATH SIZE [NAME]       OK have=N sha256=HEX: an interrupted PUT of this file has left its first N bytes,
//	                            and HEX is their sum; have=0: none. If PATH is a folder, the file is called
//	                            NAME; SIZE is its complete size. The next PUT of it may continue, with from=N
//	                            in FILE, unless N is more than SIZE, or start again. An interrupted FILE
//	                            without a size leaves nothing
//	EXEC [-i | -t COLSxROWS] [-d DIR] [-e NAME=VALUE]… [--timeout SECONDS] PROG ARG…
//	                            runs a program without a shell, in DIR or the cwd; see Programs
//	SH [--shell SHELL] [as EXEC] LINE  [shell]
//	                            runs LINE in the shell of the system, or in SHELL. A single word is the LINE. If
//	                            there are several, they must be valid words, and LINE is their text as it
//	                            was typed
//	RUN [-d DIR] [-e NAME=VALUE]… PROG ARG…  [start]
//	                            starts a program on the desktop of the server and does not wait for it; OK
//	                            pid=N. A file or folder that is not a program is opened as by a double
//	                            click, and OK has opener=NAME, the program that opens it; Windows does not
//	                            always tell its pid. If a program needs the rights of an administrator,
//	                            Windows asks the person at the screen
//	DISP  [displays]            DATA: the Displays, one on each line
//	SAY TEXT                    shows the rest of the line to the person at the helped computer
//	SHOT [-d N|all] [-r X,Y,WxH] [--format png|jpeg] [--quality Q] [--scale F]  [screenshot]
//	                            a picture of display N, by default 1, the primary one, or of all displays side
//	                            by side as they are arranged: FILE, DATA…, SUM; see Pictures
//	SHOT --watch SECONDS [--changed] [-n N] …
//	                            takes pictures repeatedly, until STOP or N pictures
//
// A server may be limited to one folder. Then / is that folder, and paths and links that
// lead out of it fail with not-allowed.
//
// # Pictures
//
// The answer to SHOT is a file of unknown size, sent as described in Files: a PNG, or,
// with --format jpeg, a JPEG of quality Q, from 1 to 100, by default 85. X,Y,WxH is the
// part, in pixels, that -r selects of the whole picture. F, above 0 and at most 1, scales
// the picture down. FILE is f 0600 - TIME shot.png or shot.jpg, with these pairs:
//
//	display=1 at=0,0     the display, a number or all, and its position on the desktop
//	size=1920x1080       the size of the picture in pixels
//	of=3840x2160         the size before scaling, if F has scaled it down
//	changed=X,Y,WxH      from the second picture of --watch on: the smallest rectangle of the desktop that
//	                     contains all differences to the picture before; none if there are none
//	uniform=#000000      more than 99 % of it has that colour
//	reason=TEXT          what may have prevented the screen from being captured, if the system tells
//
// With --watch SECONDS, from 0.1 to 86400, pictures are sent at this interval, or as fast
// as they can be made and sent; with --changed, only the first, and those that differ
// from the one before. A picture has at most 104857600 pixels and 67108864 bytes.
//
// # Trust
//
// A server on a network accepts TLS 1.3 only, with ALPN techsh/1 and without resumption.
// Each end has one self-signed certificate with an ed25519 key. Each checks that the
// other end has such a certificate and names this ALPN; otherwise the handshake fails. An
// ID is the SHA-256 of the DER SubjectPublicKeyInfo in the certificate, as base32 (RFC
// 4648) in lower case without padding: 52 characters. It is displayed and typed in groups
// of four, separated by -, which is not part of it. The name in the handshake (SNI), and
// names, dates and signatures in certificates, have no meaning either: each end knows the
// other by its ID only. A client that has the ID of the server checks it before it sends
// a frame. A server accepts any such key in the handshake, and also a client without a
// certificate, which is always an unknown one; it decides about the client after the
// handshake. Each end closes its direction with close_notify. If the input ends without
// close_notify, the link is lost.
//
// Most verbs need a right. HELO lists the verbs that the client's rights allow, which may
// change at any time. Other calls fail with not-allowed.
//
//	dir   DIR CD STAT FIND DU DF     exec  EXEC SH RUN KILL
//	get   GET CAT HASH               shot  SHOT DISP
//	put   PUT PART MKD COPY MOVE     info  INFO PS WHO NET
//	del   DEL                        none  HELP ECHO TIME NAME RAND PING PWD SAY EXIT
//
// The server may ask a person at the helped computer before EXEC, SH, RUN, KILL, SHOT,
// DEL and MOVE, and before a COPY or PUT that may replace something. It announces this
// with NEWS asking. If the person says no, or nothing for two minutes, the call fails
// with declined. Until the answer, other calls of the same peer that change something
// fail with busy.
//
// A client whose ID the server does not know gets ERR unpaired with pairing=open or
// closed and host=, the name of the server. If pairing is closed, the server hangs up. If
// pairing is open, the server waits 30 s for one frame PAIR. It closes the connection
// without an answer at the first byte that differs from PAIR and a space. For pairing,
// one person has told the other a secret: either four words, separated by single spaces,
// or the token of a line to paste:
//
//	techsh://ADDR:PORT/ID/TOKEN      ID is that of the server, TOKEN 26 of a-z and 2-7
//
// With the line the client also has the ID of the server. Both ends then compute
//
//	K      = PBKDF2-HMAC-SHA256(secret, salt, 600000 rounds, 32 bytes)
//	salt   = the TLS exporter (RFC 8446, section 7.5), label EXPERIMENTAL-techsh-pair-v1, no context, 32 bytes
//	PROOF  = HMAC-SHA256(K, "techsh-pair-v1 joiner" NUL ID-of-client ID-of-server), 64 lower-case hexadecimal digits
//	proof  = HMAC-SHA256(K, "techsh-pair-v1 issuer" NUL ID-of-client ID-of-server), likewise
//
//	PAIR KIND PROOF NAME         KIND is line or words, the kind of the secret. NAME is the client's name for itself
//	OK   proof=… name=…          the client hangs up unless proof is right; only a server that knows the
//	                             secret can compute it
//
// HELO follows, as for a known client. After a wrong PROOF the server answers ERR
// not-allowed and closes the connection. The third wrong PROOF also makes the secret
// invalid.
//
// # Completion
//
// DIR -c PREFIX answers with the entries that complete the word PREFIX, in the order of
// the bytes of their names, but at most the first 1,000. The name of an entry is the text
// of the whole completed word. Folders have a separator at the end; so do links to
// folders, which have kind d. A ~ at the beginning of a bare PREFIX becomes the path of
// the home folder. Hidden entries are included only when the last component of PREFIX
// begins with a dot. On Windows an empty PREFIX, / and C: are completed to drives too. When
// all names begin with the same folder, FILE comes first and names it, so that a client can
// display the names without it. OK has total=N, the number of all completions, and, unless
// there are none, common=TEXT, the longest text of whole characters that the names of all
// of them begin with:
//
//	dir -c logs/
//
//	FILE  d - - - logs/
//	DATA  f 0644 8 2026-11-22T12:00:00.000000000Z logs/a.log
//	      f 0644 4 2026-11-22T12:00:00.000000000Z logs/ab.log
//	OK    total=2 common=logs/a
//
// The first servers of techsh/1 sent the completions in no order, without these pairs,
// and did not know --folders: when 1,000 have come from them, the common text is unknown.
//
// # Programs
//
// DATA is standard output and NOTE is standard error, both raw. The order is kept within
// each, not between them. OK has exit=N, from 0 on (on Windows to 4294967295), or
// signal=NAME number=N, and may have note=… for people. PROG is searched for on the PATH
// of the server, or, if it contains a separator, from the cwd. Without -i and -t standard
// input is empty and there is no stream. With -i the client streams DATA… END; if the
// program ends before END, the answer comes early. STOP ends the program and everything
// that it has started. So does a lost link, and so does --timeout, whose SECONDS may have
// a fraction; then the call fails with timeout. What a program has started and leaves
// running when it ends by itself lives on if it has a session of its own, or on Windows.
// The call still waits up to 2 s for it to close the output of the program; what then
// still holds the output is ended, but not on Windows.
//
// With -t the program runs in a terminal of that size. The client's DATA is what is
// typed, the server's what is displayed. There is no NOTE. Ctrl-C and the like are bytes
// that are typed, and END types Ctrl-D. MORE works as with -i. SIZE, between any two
// frames of the stream, changes the size; columns and rows are from 1 to 32767. TERM is
// xterm unless -e sets it.
//
// The environment is that of the server, without its OLDPWD, _ and TECHSH_ variables,
// with the variables of -e, and with PWD as the folder in which the program runs (not on
// Windows). The following are refused with not-allowed, whatever the case of the letters:
// names that begin with LD_ _RLD DYLD_ BASH_ TECHSH_ GIT_CONFIG or MALLOC_; the names
// BASHOPTS CDPATH ENV FPATH GLOBIGNORE IFS NULLCMD PROMPT_COMMAND PS4 READNULLCMD
// SHELLOPTS TMPPREFIX ZDOTDIR LIBPATH SHLIB_PATH GCONV_PATH GLIBC_TUNABLES HOSTALIASES
// LOCALDOMAIN LOCPATH NLSPATH PATH_LOCALE RES_OPTIONS TERMCAP TERMINFO TERMINFO_DIRS
// TERMPATH JAVA_TOOL_OPTIONS _JAVA_OPTIONS NODE_OPTIONS NODE_PATH PERL5DB PERL5LIB
// PERL5OPT PERLIO_DEBUG PERLLIB PYTHONHOME PYTHONINSPECT PYTHONPATH PYTHONSTARTUP
// PYTHONUSERBASE RUBYLIB RUBYOPT COMSPEC PATHEXT and PSMODULEPATH; and values that begin
// with "()". These are only the variables that have an effect in almost every program.
// Many others, such as MAKEFILES or GIT_SSH_COMMAND, make single programs run something
// else, and so do arguments. The right to exec is the right to do whatever the user of
// the server can do; no list of variables limits it.
//
// A server that asks a person before it runs a program (techshd --ask) accepts only LANG,
// names that begin with LC_, TZ, TERM, COLUMNS, LINES, NO_COLOR and what its owner has
// named, because a person cannot know what all the others do. env=NAME,… in HELO then
// lists them; * in a NAME stands for any text. Variables are checked before the person is
// asked.
//
// encoding=NAME in HELO is the encoding of programs on the server, if that is not UTF-8.
//
// # Clocks
//
// A client that notes when it sent TIME and when the answer came has four times. Two are
// by its own clock: "sent" and "came". Two are by the clock of the server: "received",
// the pair in OK, and "answered", the time in DATA. The server's clock is ((received -
// sent) + (answered - came)) / 2 ahead, with an error of at most half of (came - sent) -
// (answered - received). Of several calls, the one with the smallest error is the best.
// precision= in OK is the smallest step of the clock in seconds; half of it is added to
// the error.
//
// # Files
//
// PUT receives FILE, DATA…, SUM, END. PATH, by default the cwd, is a folder into which
// the file goes under its own name. If PATH is not a folder, it is the name of the file,
// and the name in FILE is ignored. A failure is answered at once. A stream without FILE
// is bad-request, except with -t or -r. With -t PATH must be a folder, there may be any
// number of files, and there is a NOTE for each that fails, even if there is only one.
// GET fails before it sends anything when two files would have the same name.
//
// After a FILE of kind f come DATA… (none for an empty file) and always SUM. MODE, SIZE
// and TIME may be "-"; a MODE with setuid or setgid is unsupported. When FILE has a size,
// the file is exactly that many bytes. crc32c is the CRC-32C of RFC 3720 (Castagnoli)
// over all its bytes, as eight lower-case hexadecimal digits. sha256, which SUM has if
// and only if FILE has sum=sha256, has 64 such digits. A receiver compares the sums and
// the size; a difference is mismatch. SUM without crc32c, or with a sum in another
// spelling, is bad-request. `none`, instead of all pairs, is for files that are typed by
// hand.
//
// A sender whose file has become shorter than the frame that it has begun fills the frame
// with zeros and ends the file with SUM error=changed. Whatever the code of such a SUM
// is, the receiver just drops the file. If the server is the sender, it gives the reason
// in a NOTE or in its answer. If the server is the receiver and the file was the only
// one, the server answers with an ERR that has the code of the SUM. Of a file that has
// grown, only the announced size is sent, and SUM may have grown=N, the number of bytes
// that were added. If another file has taken its name meanwhile, as when a log is
// rotated, the file that was opened is sent completely, and SUM may have replaced=yes. If
// the size that the system states for a file is not the size of its contents, as in /proc
// and /sys, SIZE in FILE is "-".
//
// A client does not accept an OK to GET that comes between FILE and SUM, or that counts
// more files than have arrived, nor an OK to PUT before it has sent END: an incomplete
// transfer must never count as a success.
//
// A tree is a FILE of kind d followed by its contents, depth first: files as above, links
// as a FILE of kind l without SUM, folders as trees. The name of each consists of the
// name of its folder, /, and its own name, on every system. A folder without a name of
// its own, such as the cwd or a root, is called ".". A receiver uses a folder that exists
// already. It accepts the contents of a folder only after the FILE of that folder, and
// only into a folder, never through a link. It skips links that it refuses, and
// everything in folders that it refuses. A folder gets its mode and time when it is
// complete. When one of several things fails, there is a NOTE for it, and the others
// continue. A file or folder whose path would have more than 4,096 bytes is not sent, as
// in FIND and DIR -R; there is one NOTE for the folder that contains it. In the target of
// a link, names are separated by / on every system, unless the target begins with a drive
// of Windows or the name of a computer. The FILE of a link has folder=yes if the sender
// knows that it leads to a folder. Windows has to know that when it makes the link.
//
// A transfer that is interrupted, by STOP or a lost link, leaves the part that has
// arrived. To continue, the sides compare the SHA-256 of the first N bytes; crc32c and
// the announced size are those of the whole file. When the part has changed in the
// meantime, the FILE with from=N fails with changed.
//
// A receiver accepts the name of a file only if it is one component: not empty, not . or
// .., without / and NUL, at most 255 bytes, or 255 units of UTF-16 on Windows, which also
// refuses names that it could not keep unchanged. A client accepts the name only if a word
// of the request is a pattern or has a text that ends in the name. A client that chooses
// another name for the file may ignore the name that was sent. A receiver writes a file
// under a temporary name, compares its sums, flushes it, and then renames it. OK means
// complete, compared and on disk. The temporary name is .techsh-part- and 16 hexadecimal
// digits: six bytes, and the first two of the SHA-256 of .techsh-part- and these six
// bytes. Regular files with such names are left out of listings and trees, and nothing
// else gets such a name. A name that looks like a temporary name, but ends in two other
// bytes, is refused as a new name in a call, and is otherwise a name like any other.
// Without -f nothing is replaced, and with -f only regular files are. Only the nine
// permission bits of the mode are used. "-" means 0666, or 0777 for a folder. In both
// cases the bits of the receiver's umask are removed. A file that is replaced keeps its
// own mode and ACL.
// Some file systems ignore case, or how accents are encoded, in names. A name that the
// file system of the receiver takes for one that came before in the same stream is
// refused as clash, also with -f, and the text has the other name. Of a folder that is
// refused so, nothing is taken.
//
// # Never stuck
//
//  1. Each side always reads, and its reading never waits for its writing: while it sends
//     a stream, another thread handles what it receives.
//  2. Frames are written whole, one after another.
//  3. Standard input is sent only as the server requests it, so that STOP never has to
//     wait behind it: 65,536 bytes unrequested, then as many as MORE allows. More than
//     that is bad-request. Only the bodies of DATA count. Files need no MORE, because a
//     disk is always ready.
//  4. Stream frames that nothing waits for are read and dropped, so that an early answer can
//     always be read.
//  5. A client may send TICK after HELO. A side that has sent or received a TICK sends
//     one whenever it has sent nothing for 15 s, even while it waits for something else,
//     such as a pager. A side that has received a TICK treats the link as dead when 45 s
//     pass without a byte; only time in which it waits to read counts. There is no limit
//     for writes, because a paused pager is not dead. A client that never sends TICK gets
//     none. It may be silent for 10 minutes between calls and inside a stream, and
//     without limit while it waits for an answer. The rest of a frame that has begun, or
//     the next 64 KiB of it, must arrive within 30 s.
//  6. An end of input inside a frame or an open stream is a lost link: incomplete files
//     are not kept, and a program ends. After a failed write a side still reads, because
//     the reason may have arrived. A server that hangs up sends one ERR, closes its own
//     direction, reads and drops for 1 s, and closes. The ERR of a server that has lost
//     the link has link=lost. It is not an answer: a client that receives it has lost the
//     link too, and does not know the outcome of its call.
//
// # Three bins
//
// Everything that can be wrong is in one of three bins, which determine what the server
// does. It never resynchronises.
//
// Hang up, after one ERR (as the answer to the running call, or alone): a malformed
// header, a length over the limit, a typed line that does not begin with a letter or is a
// broken header, a server's frame (OK ERR NOTE MORE NEWS) from a client, HELO twice or
// late or without techsh/1, a call inside an open stream (where an unknown verb counts as
// a call), an end of input inside a frame or a stream, silence beyond the limits. The
// code is bad-frame, timeout, or, for versions, unsupported.
//
// Answer with ERR, and continue: an unknown verb, options or words that the verb does not
// have, a body that is not one line of words, a refused or failed operation, a stream
// whose FILE and SUM do not match, standard input that was not requested.
//
// Drop: STOP when nothing runs, and stream frames (FILE DATA SUM END SIZE) that nothing
// waits for.
//
// A client skips frames that it does not know. This, and new verbs, allow for later
// versions.
//
// # Nouns
//
// Each noun is a line of words with one spelling, which String writes. "-" alone means
// unknown; numbers are decimal without leading zeros; times are in UTC with nine
// decimals, 2026-11-22T12:00:00.123456789Z, from the year 0 to 9999, and a time outside
// of these years is written as their first or last second; names and other texts are in
// the form in which Quote writes quoted words; pairs may follow.
//
//	Entry    KIND MODE SIZE TIME NAME        KIND f file, d folder, p pipe, s socket, b block device, c character dev.
//	         l MODE SIZE TIME NAME TARGET    a link; MODE is 4 octal digits, or - as on Windows, which has no modes
//	Host     SYSTEM VERSION MACHINE HOST USER UPTIME     UPTIME in seconds
//	Display  NUMBER WxH X,Y NAME             NUMBER from 1; X and Y may be negative; primary=yes; scale=1.5, the
//	                                         factor by which the desktop enlarges things
//	Volume   MOUNT TYPE SIZE FREE            in bytes; FREE is the part that the user may fill; used=, what files
//	                                         take. SIZE may also include space that is neither free nor used,
//	                                         but reserved for the system
//	Process  PID PPID USER STARTED CPU MEMORY NAME       CPU in milliseconds, MEMORY in bytes; state=zombie:
//	                                         it has ended, but its parent has not waited for it
//	User     NAME TERMINAL HOST SINCE        idle=SECONDS since the last key press; HOST is - at the computer itself
//	Endpoint address INTERFACE PREFIX        mac=; up=no when it is down
//	         listen PROTOCOL ADDRESS:PORT    pid= and program=, if they are known
//
//	f 0644 1234 2026-11-22T12:00:00.123456789Z "my notes.txt"
//	l 0777 - 2026-11-22T12:00:00.000000000Z current releases/7
//	linux "Debian GNU/Linux 12" amd64 office-pc ann 86400
//	2 1920x1080 -1920,0 HDMI-1
//	4711 1 ann 2026-11-22T12:00:00.000000000Z 1500 1048576 notepad
//	ann pts/0 192.0.2.9 2026-11-22T12:00:00.000000000Z idle=60
//	address eth0 192.0.2.7/24 mac=02:00:5e:10:00:00
//	listen tcp 0.0.0.0:22 pid=4711 program=sshd
//
// # Codes
//
// The code is the first word of ERR and of NOTE. TEXT, always one word, is for people.
// For errors of the system it is the same on every system. ERR may have name= (the
// object, as it was requested), hint= (what to do, for people) and counts. An unknown
// code is treated as internal.
//
//	not-found      no such file or folder        exists        exists already
//	not-allowed    permission denied             not-empty     the folder is not empty
//	not-regular    not a regular file            not-directory not a folder
//	is-directory   is a folder                   bad-name      not a usable name
//	no-space       no space left on the disk     changed       changed while it was read
//	mismatch       the sum differs               partial       not everything succeeded
//	busy           in use                        cancelled     cancelled
//	declined       declined                      timeout       timed out
//	too-big        too big                       bad-request   bad request
//	bad-frame      bad frame                     unknown-verb  unknown verb
//	unsupported    not supported here            no-display    no display here
//	unpaired       not paired                    draining      the server is going down
//	clash          the same name as another one  internal      internal error
//
// # Limits
//
//	header                          16 bytes
//	body, of DATA and NOTE / other  1,048,576 / 65,536 bytes
//	body of an unauthorised client  1,024 bytes
//	line typed by hand              8,192 bytes
//	carrier's text before HELO      65,536 bytes
//	PROG and arguments of EXEC      256 words, 32,768 bytes without the spaces
//	path / name                     4,096 / 255 bytes; on Windows a name has at most 255 units of UTF-16
//	path in a call                  64 names; DEL --state, what a pattern matches, and trees may be deeper
//	standard input without MORE     65,536 bytes
//	AUTH on a plain connection      within 60 s, 3 tries
//	TLS until HELO / PAIR           within 10 s / 30 s
//	no ClientHello or AUTH yet      1,024 connections / 256 of an address; after 2 s the oldest gives way
//	in the handshake                64 connections / 8 of an address; within 5 s
//	while pairing                   64 connections / 8 of an address
//	connections, all / of a client  64 / 8
//	rest of a frame, or 64 KiB      30 s
//	silence with / without TICK     45 s / 10 min
//	cancel to answer                1 s; of a program 2 s
//	calls that go on after that     64
//	picture                         104,857,600 pixels, 67,108,864 bytes
//
// # A captured conversation
//
// Over a plain connection. > is the client, < the server; a row is 16 bytes.
//
//	> 0000  41 55 54 48 20 30 30 30 30 30 30 30 30 32 37 0a  |AUTH 0000000027.|
//	> 0010  71 37 68 7a 6b 32 76 6d 64 34 78 33 74 6e 35 62  |q7hzk2vmd4x3tn5b|
//	> 0020  77 36 63 6a 32 72 67 34 79 61 0a                 |w6cj2rg4ya.|
//	< 0000  48 45 4c 4f 20 30 30 30 30 30 30 30 32 32 35 0a  |HELO 0000000225.|
//	< 0010  74 65 63 68 73 68 2f 31 20 73 65 73 73 69 6f 6e  |techsh/1 session|
//	< 0020  3d 31 20 73 79 73 74 65 6d 3d 6c 69 6e 75 78 20  |=1 system=linux |
//	< 0030  68 6f 73 74 3d 6f 66 66 69 63 65 2d 70 63 20 75  |host=office-pc u|
//	< 0040  73 65 72 3d 61 6e 6e 20 63 77 64 3d 2f 68 6f 6d  |ser=ann cwd=/hom|
//	< 0050  65 2f 61 6e 6e 20 76 65 72 62 73 3d 48 45 4c 50  |e/ann verbs=HELP|
//	< 0060  2c 45 43 48 4f 2c 54 49 4d 45 2c 4e 41 4d 45 2c  |,ECHO,TIME,NAME,|
//	< 0070  52 41 4e 44 2c 49 4e 46 4f 2c 57 48 4f 2c 50 49  |RAND,INFO,WHO,PI|
//	< 0080  4e 47 2c 53 41 59 2c 45 58 49 54 2c 44 49 52 2c  |NG,SAY,EXIT,DIR,|
//	< 0090  53 54 41 54 2c 46 49 4e 44 2c 44 55 2c 48 41 53  |STAT,FIND,DU,HAS|
//	< 00a0  48 2c 44 46 2c 43 44 2c 50 57 44 2c 43 41 54 2c  |H,DF,CD,PWD,CAT,|
//	< 00b0  4d 4b 44 2c 44 45 4c 2c 43 4f 50 59 2c 4d 4f 56  |MKD,DEL,COPY,MOV|
//	< 00c0  45 2c 47 45 54 2c 50 55 54 2c 50 41 52 54 2c 45  |E,GET,PUT,PART,E|
//	< 00d0  58 45 43 2c 53 48 2c 52 55 4e 2c 50 53 2c 4b 49  |XEC,SH,RUN,PS,KI|
//	< 00e0  4c 4c 2c 4e 45 54 2c 44 49 53 50 2c 53 48 4f 54  |LL,NET,DISP,SHOT|
//	< 00f0  0a                                               |.|
//	> 0000  48 45 4c 4f 20 30 30 30 30 30 30 30 30 33 30 0a  |HELO 0000000030.|
//	> 0010  74 65 63 68 73 68 2f 31 20 6e 61 6d 65 3d 62 6f  |techsh/1 name=bo|
//	> 0020  62 20 68 6f 73 74 3d 6c 61 70 74 6f 70 0a        |b host=laptop.|
//	> 0000  44 49 52 20 20 30 30 30 30 30 30 30 30 30 36 0a  |DIR  0000000006.|
//	> 0010  2a 2e 74 78 74 0a                                |*.txt.|
//	< 0000  44 41 54 41 20 30 30 30 30 30 30 30 30 35 31 0a  |DATA 0000000051.|
//	< 0010  66 20 30 36 34 34 20 38 38 20 32 30 32 36 2d 31  |f 0644 88 2026-1|
//	< 0020  31 2d 32 32 54 31 32 3a 30 30 3a 30 30 2e 30 30  |1-22T12:00:00.00|
//	< 0030  30 30 30 30 30 30 30 5a 20 6e 6f 74 65 73 2e 74  |0000000Z notes.t|
//	< 0040  78 74 0a 4f 4b 20 20 20 30 30 30 30 30 30 30 30  |xt.OK   00000000|
//	< 0050  30 30 0a                                         |00.|
//	> 0000  47 45 54 20 20 30 30 30 30 30 30 30 30 31 31 0a  |GET  0000000011.|
//	> 0010  6c 6f 67 73 2f 61 2e 6c 6f 67 0a                 |logs/a.log.|
//	< 0000  46 49 4c 45 20 30 30 30 30 30 30 30 30 34 36 0a  |FILE 0000000046.|
//	< 0010  66 20 30 36 34 34 20 34 20 32 30 32 36 2d 31 31  |f 0644 4 2026-11|
//	< 0020  2d 32 32 54 31 32 3a 30 30 3a 30 30 2e 30 30 30  |-22T12:00:00.000|
//	< 0030  30 30 30 30 30 30 5a 20 61 2e 6c 6f 67 0a 44 41  |000000Z a.log.DA|
//	< 0040  54 41 20 30 30 30 30 30 30 30 30 30 34 0a 6f 6e  |TA 0000000004.on|
//	< 0050  65 0a 53 55 4d 20 20 30 30 30 30 30 30 30 30 31  |e.SUM  000000001|
//	< 0060  36 0a 63 72 63 33 32 63 3d 61 32 33 37 39 63 30  |6.crc32c=a2379c0|
//	< 0070  64 0a 4f 4b 20 20 20 30 30 30 30 30 30 30 30 31  |d.OK   000000001|
//	< 0080  36 0a 66 69 6c 65 73 3d 31 20 62 79 74 65 73 3d  |6.files=1 bytes=|
//	< 0090  34 0a                                            |4.|
//	> 0000  50 55 54 20 20 30 30 30 30 30 30 30 30 30 38 0a  |PUT  0000000008.|
//	> 0010  6e 65 77 2e 74 78 74 0a                          |new.txt.|
//	> 0000  46 49 4c 45 20 30 30 30 30 30 30 30 30 34 38 0a  |FILE 0000000048.|
//	> 0010  66 20 30 36 34 34 20 33 20 32 30 32 36 2d 31 31  |f 0644 3 2026-11|
//	> 0020  2d 32 32 54 31 32 3a 30 30 3a 30 30 2e 30 30 30  |-22T12:00:00.000|
//	> 0030  30 30 30 30 30 30 5a 20 6e 65 77 2e 74 78 74 0a  |000000Z new.txt.|
//	> 0000  44 41 54 41 20 30 30 30 30 30 30 30 30 30 33 0a  |DATA 0000000003.|
//	> 0010  61 62 63                                         |abc|
//	> 0000  53 55 4d 20 20 30 30 30 30 30 30 30 30 31 36 0a  |SUM  0000000016.|
//	> 0010  63 72 63 33 32 63 3d 33 36 34 62 33 66 62 37 0a  |crc32c=364b3fb7.|
//	> 0000  45 4e 44 20 20 30 30 30 30 30 30 30 30 30 30 0a  |END  0000000000.|
//	< 0000  4f 4b 20 20 20 30 30 30 30 30 30 30 30 31 36 0a  |OK   0000000016.|
//	< 0010  66 69 6c 65 73 3d 31 20 62 79 74 65 73 3d 33 0a  |files=1 bytes=3.|
//	> 0000  45 58 45 43 20 30 30 30 30 30 30 30 30 30 39 0a  |EXEC 0000000009.|
//	> 0010  73 6c 65 65 70 20 36 30 0a                       |sleep 60.|
//	> 0000  53 54 4f 50 20 30 30 30 30 30 30 30 30 30 30 0a  |STOP 0000000000.|
//	< 0000  45 52 52 20 20 30 30 30 30 30 30 30 30 32 30 0a  |ERR  0000000020.|
//	< 0010  63 61 6e 63 65 6c 6c 65 64 20 63 61 6e 63 65 6c  |cancelled cancel|
//	< 0020  6c 65 64 0a                                      |led.|
//	> 0000  43 41 54 20 20 30 30 30 30 30 30 30 30 30 38 0a  |CAT  0000000008.|
//	> 0010  6e 6f 77 68 65 72 65 0a                          |nowhere.|
//	< 0000  45 52 52 20 20 30 30 30 30 30 30 30 30 34 38 0a  |ERR  0000000048.|
//	< 0010  6e 6f 74 2d 66 6f 75 6e 64 20 22 6e 6f 20 73 75  |not-found "no su|
//	< 0020  63 68 20 66 69 6c 65 20 6f 72 20 66 6f 6c 64 65  |ch file or folde|
//	< 0030  72 22 20 6e 61 6d 65 3d 6e 6f 77 68 65 72 65 0a  |r" name=nowhere.|
//	> 0000  45 58 49 54 20 30 30 30 30 30 30 30 30 30 30 0a  |EXIT 0000000000.|
//	< 0000  4f 4b 20 20 20 30 30 30 30 30 30 30 30 30 30 0a  |OK   0000000000.|
package codec
