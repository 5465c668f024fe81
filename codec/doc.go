// Package codec is the language that both halves of techsh speak: frames,
// words, nouns and errors. It opens no file and starts no goroutine. This
// comment is the specification of the protocol techsh/1; who knows it can
// write a client or a server in any language: testdata/python/techsh.py is a
// client that was written from nothing else. The vectors in testdata/wire are
// its examples, with their expected outcome. techsh lint sends a server of yours
// what is asked and what is forbidden here, and says what it does otherwise, with
// the section that has it.
//
// The files: frame.go headers and bodies, hand.go lines typed instead, conn.go
// and conn_start.go a connection that carries them, words.go the grammar of words,
// options.go and patterns.go what bare words can mean, pairs.go key=value,
// errors.go the codes, explained.go those of the system's errors, entry.go,
// nouns.go, codepage.go and machine.go the nouns, show.go what may reach a terminal.
//
// # Frames
//
// A connection is two streams of bytes. Each is a sequence of frames: a
// header of exactly 16 bytes, and a body.
//
//	offset  size  what
//	     0     4  VERB    1 to 4 of A-Z, padded with spaces on the right
//	     4     1  SP      0x20
//	     5    10  LENGTH  of the body in bytes: decimal digits, zeros in front
//	    15     1  LF      0x0a
//	    16     …  body    LENGTH bytes, nothing behind it
//
// One header is one row of a hexdump. This is DIR with the body `C:\` LF:
//
//	00000000  44 49 52 20 20 30 30 30  30 30 30 30 30 30 34 0a  |DIR  0000000004.|
//	00000010  43 3a 5c 0a                                       |C:\.|
//
// A body is either one line of words, its LF counted (without words there is no
// body, LENGTH is 0), or raw bytes: that of DATA always, that of NOTE when it comes
// from a program. Other bytes LF and NUL do not stand in a line of words. Any body
// may be empty. One of DATA or NOTE has at most 1,048,576 bytes, any other, those
// of unknown frames too, at most 65,536; what a client sends before it is let in,
// at most 1,024. The memory of a receiver grows with the bytes that come, not with
// LENGTH.
//
// # Typed by hand
//
// Until the first header that a client sends, a line is a frame as well. The
// server takes the bytes up to LF, at most 8,192 with it, and then:
//
//   - exactly 16 bytes that are a header: a header. From now on only headers
//     count, so that a program out of step is hung up on and its data never
//     become commands.
//   - blank (only spaces, tabs, and a CR in front of LF): skipped.
//   - it does not begin with a letter A-Z or a-z: hang up.
//   - capitals, digits and spaces only, and the first digit is 0: it was
//     meant to be a header and is broken: hang up.
//   - any other line is the frame that it spells. Its first word, up to a
//     space or tab, is the VERB in any case, or one of the long words that
//     mean it (see Verbs); any other word is an unknown verb. One byte of
//     blank behind it is dropped; the rest, without a CR at its end and with
//     the LF, is the body. No rest, no body. A line without its LF is no
//     frame.
//
// So `dir C:\` typed in nc is the frame above, byte for byte, and a file can
// be typed:
//
//	put notes.txt
//	file f 0644 - - notes.txt
//	data hello
//	sum none
//	end
//
// Answers are always frames. A client program sends headers from its first
// byte on.
//
// # Words
//
// Words are separated by spaces or tabs; any other byte, one that is no UTF-8 too,
// is a part of a word. One grammar holds at the prompt, by hand and on the wire.
//
//   - A bare word is literal, backslash included: C:\Users\ann is what it
//     looks like.
//   - "…" anywhere in a word, and '…' at its start, are literal too, and the
//     word goes on behind them; the same quote doubled inside is one quote:
//     `"C:\Program Files\"` is C:\Program Files\, `"say ""hi"""` is say "hi",
//     `don't` is don't, `'a'b` is ab, `""` is the empty word.
//   - e"…", which is always a whole word, is the one place with escapes:
//     \n \t \r \\ \" and \xHH, in letters of either case, for any byte. Inside a
//     word an e is only an e: name=e"x" is name=ex.
//   - A quote that is not closed is an error, and so is any other escape, or a
//     word that goes on behind e"…".
//
// A word is its text and whether any of it was quoted: a quote in a part of it
// makes all of it quoted, and so does e"…". A quoted word is only itself. A bare
// one may be more, where the verb's words can be that:
//
//   - an option: it begins with "-" and is longer. -r, -rf is -r -f, -d2 or
//     -d 2 gives -d an argument, --depth=2 or --depth 2 likewise. "--" alone
//     ends the options. Options may stand anywhere, but those of EXEC, SH,
//     RUN and ECHO end at the first word that is none.
//   - home: "~" alone, or in front of a separator.
//   - a pattern: "*" is any bytes of one component, "?" one rune, "**" as a
//     whole component any number of folders. Brackets and braces are
//     ordinary. Names that begin with "." match only a pattern that does.
//     Something that has exactly that name comes first. Without a match the
//     answer is not-found. The arguments of programs are never patterns. On
//     a Windows server, where * and ? cannot be in names, they are patterns
//     inside quotes too.
//
// Only the side that owns the files expands words, and only the server joins,
// cleans or cuts its paths, in its own style. To a client they are opaque. The
// empty word is no path.
//
// Quote writes a word bare when that says the same. It uses "…" when the word
// is empty, holds a space or a ", or begins with '; and, when the word was
// quoted (as every name and value that is printed is), also when it holds one
// of * ? ; | < > & $ or begins with one of - ~ ! # @. It uses e"…" when the
// word holds a byte below 0x20, or 0x7f, or is not UTF-8; inside it LF TAB CR
// \ " are \n \t \r \\ \" and other such bytes \xHH with small letters. What is
// UTF-8 stays as it is, beside bytes that are not, too. Before a name reaches a
// terminal, whatever Unicode does not call printable has to be escaped as well,
// in any way that people can read: that is not for the wire.
//
// A pair is a word key=value, cut at the first "=", quoted as a whole. Pairs
// stand in HELO, SUM, OK, ERR, TICK and nouns, behind the other words, whose
// number is fixed (in HELO they have no "="); a key comes once in a line, unknown
// ones are ignored. Calls take none: there a=b is a word like any other.
//
// Requests may be spelt in any way that says the same: people type them.
// Headers and nouns have one spelling only; any other is refused.
//
// # A conversation
//
// The server begins, at once behind a carrier (standard input and output)
// and on TLS:
//
//	HELO  techsh/1 session=… system=… host=… user=… cwd=… verbs=DIR,CD,…
//
// On a plain connection the server is silent until the client's first frame AUTH
// with the cookie, one word, as the server has printed it, which HELO answers. A
// wrong cookie is answered with ERR not-allowed, and so is an AUTH of any other
// form; the third closes the connection. Anything that does not begin with AUTH and
// a space, in any case, closes it at its first differing byte; that, frames over
// the limit, and silence are not answered with a word. Later AUTH is an unknown
// verb.
//
// The words in front of the pairs are the versions that the server speaks.
// session tells this conversation from others in the server's log; system is
// linux, windows, darwin and the like; cwd is the folder that relative paths
// begin in, now; verbs is what may be called. A client may answer once,
// before its first call, with the version it takes and what it says of
// itself, for the log: HELO techsh/1 name=… host=…; no answer means the
// first. The first call, known or not, ends the time for that.
//
// On TLS a client that the server does not know gets ERR unpaired instead, and
// may be paired (see Trust).
//
// A carrier may be noisy: up to 65,536 bytes in front of the bytes `HELO`,
// space, ten digits, LF, `techsh/` are skipped by a client that expects a
// carrier.
//
// Then, again and again, the client sends one call, a frame whose verb is in the
// list below, and the server answers it: frames, the last of which is exactly one
// OK or ERR. Position is identity, there are no ids. A stream may follow its call
// at once. A call that is sent before the answer to an earlier one waits its turn,
// and what follows it waits unread; who does that gives up STOP. A client that
// wants no more hangs up, with EXIT or without. When it only ends its side, and not
// inside a stream, no more calls come: what runs, a program too, and what was sent
// is still answered, as long as that gets on (10 s without a byte sent ends it),
// and the server closes. Only who has said HELO is taken for gone then: what runs is
// cancelled.
//
//	frame  from    body                meaning
//	HELO   both    VERSION… pairs      who is there
//	verb   client  words               a call
//	FILE   sender  an entry            the file that now begins; in a listing, the folder
//	DATA   sender  bytes               of the file, of standard input or output; of lines of nouns, whole lines
//	SUM    sender  pairs               the file ends; crc32c=HHHHHHHH, or the word none; or error=CODE: it is
//	                                   not whole, drop it. See Files
//	NOTE   server  CODE NAME TEXT      one thing failed, the rest goes on. In EXEC and SH: raw standard error
//	END    client                      the client's stream is complete
//	MORE   server  N                   N more bytes of standard input may come
//	SIZE   client  COLUMNS ROWS        the window has another size, in EXEC -t and SH -t
//	STOP   client                      cancel the call
//	TICK   both    pairs               alive; comes between any two frames, and says nothing else. See Never
//	                                   stuck
//	NEWS   server  KIND TEXT           at any time, not part of an answer: draining, the server is being
//	                                   stopped; rights, they are others now; asking, the call waits for a
//	                                   person there to allow it; waiting, for something else. TEXT is for
//	                                   people
//	OK     server  pairs               final
//	ERR    server  CODE TEXT pairs     final; outside of a call, why the server hangs up
//
// STOP is answered by what is on its way anyway, or ERR cancelled. END and
// STOP have no body; one that comes is ignored.
//
// The answer to a stream may come early. A client that reads it stops streaming
// and may go on with the next call; it owes no END, and stream frames that
// nobody waits for are dropped. Before it has read the answer, a client sends
// END in front of another call.
//
// # Verbs
//
// In brackets: words that mean the verb when it is typed by hand. A word
// PATH may be home or a pattern; those of MKD and PUT, and TO, may name what is
// new and are no patterns. Of several paths one that fails is a NOTE, the rest
// goes on, and the answer is ERR partial with failed=N done=N; a single one that
// fails is the ERR itself, with name=PATH. GET, CAT, COPY, CD, and DIR of a
// link to a folder follow links; DEL, MOVE, STAT and DU do not. A separator
// behind what is no folder is not-directory.
//
//	AUTH COOKIE                 authorises a plain connection; the answer is HELO
//	HELP [VERB]                 text as DATA
//	ECHO [WORD…]                the words and LF as DATA
//	TIME                        DATA: the clock, RFC 3339 with nine decimals and its zone; OK received=, the
//	                            same when the call came: see Clocks
//	NAME                        DATA: the computer's name
//	RAND [MAX]                  DATA: a number from 1 to MAX, which is 10
//	INFO                        DATA: a line, a Host, with what is known of: cpu=MODEL cores=N load=N,N,N (the
//	                            average of 1, 5 and 15 minutes) memory= memory-free= swap= swap-free= in
//	                            bytes, users=N
//	WHO                         DATA: a line each, a User who is logged in
//	NET                         DATA: a line each, an Endpoint: its addresses, and where programs listen
//	PS [--mine] [PID…]          DATA: a line each, a Process: all, those, or what RUN has started for this peer
//	                            and still runs; OK now=, the clock as TIME has it
//	KILL [-s SIG] [--name PROGRAM] PID…
//	                            sends the signal SIG, by its name or number, else TERM; Windows knows TERM and
//	                            KILL, which are one. --name: what is not called PROGRAM (any more) is changed
//	PING                        OK
//	EXIT  [quit bye]            OK, and the server closes
//	DIR [-a] [-R] [PATH…]  [ls] DATA of entries. What was named and is no folder comes first, under the
//	                            name it was asked for, and so does what a pattern matched; then for each
//	                            folder, or link to one, FILE of kind d under that name, and what is in it
//	                            but . and .., in no order. -a: hidden ones too; -R: then the folders in
//	                            it, too. Without PATH the cwd
//	DIR -c PREFIX               what PREFIX can become, see Completion
//	CD [PATH]                   OK cwd=…; without PATH home
//	PWD                         OK cwd=…
//	STAT PATH…                  DATA: an entry each, links not followed, with user= and group= if known
//	STAT -p PATH…               DATA: a line each of words that no other thing anywhere has: one for what
//	                            PATH leads to, or - if nothing is there, and one for each folder above
//	                            it. A client that has the like of its own finds out that both sides
//	                            are one computer, and copies nothing onto or into itself
//	CAT PATH…  [type]           DATA: the bytes of regular files
//	MKD [-p] PATH…  [mkdir md]  makes folders; -p: those above too
//	DEL [-r] [-f] [--really] PATH…  [rm delete]
//	                            deletes; -r folders too, -f what is missing is fine, --really a root or home
//	COPY [-f] [-r] FROM… TO  [cp]
//	                            copies files on the server, with -r folders too; -f replaces
//	MOVE [-f] FROM… TO  [mv ren rename]
//	                            renames; -f replaces a file, never a folder. With a folder as TO, or more
//	                            than one FROM, it goes into that, for COPY too. To another file system
//	                            it copies, and deletes what is the same in the copy when that is whole
//	FIND [-L] [--name PATTERN] [--size N] [--newer TIME] [--type KIND] [--depth N] PATH…
//	                            DATA of entries: PATH and all below it, hidden ones too, named from PATH on,
//	                            as it is read; links are not followed, but with -L those below PATH are.
//	                            --size +N is more, -N less; --type is f, d or l; TIME is RFC 3339
//	DU PATH…                    a DATA line BYTES FILES FOLDERS NAME each, and of all OK files=N folders=N
//	                            bytes=N; links are not followed
//	HASH PATH…  [sha256sum]     a DATA line HEX NAME for each regular file, its SHA-256
//	DF [PATH…]                  DATA: a Volume each, of PATH or all that hold files
//	GET [-r] [-L] [--sum sha256] [--limit N] PATH…
//	                            for each regular file FILE, DATA…, SUM; OK files=N bytes=N, of what was
//	                            sent whole. -r: folders too, as trees, and OK has folders=N links=N; -L:
//	                            links in them are followed. --sum: FILE has sum=sha256, and SUM sha256= as
//	                            well; --limit: at most N bytes a second. See Files
//	GET --have N,SHA256 PATH    likewise; when the first N bytes of the file have that sum, only the rest, which
//	                            alone counts in bytes=, and FILE has from=N; else all of it, and FILE has
//	                            why=TEXT
//	GET -r --list PATH          of the folder PATH only what the client streams: DATA, a word a line, a name
//	                            below PATH with / between, and behind a folder's; then END
//	PUT [-f] [-t] [-r] [PATH]   takes a stream of one file, or, with -t, of any number, with -r also of
//	                            trees; OK as for GET. -f replaces. See Files
//	PART PATH SIZE [NAME]       OK have=N sha256=HEX: what a PUT of that file (called NAME, where PATH is a
//	                            folder; SIZE is how long it will be) has left when it was broken off; have=0
//	                            is nothing. The next PUT of it may begin with from=N, or anew, as it has to
//	                            when N is more than SIZE. A FILE without a size leaves nothing
//	EXEC [-i | -t COLSxROWS] [-d DIR] [-e NAME=VALUE]… [--timeout SECONDS] PROG ARG…
//	                            runs a program without a shell, in DIR or the cwd; see Programs
//	SH [--shell SHELL] [as EXEC] LINE  [shell]
//	                            likewise, for the system's shell or the one called SHELL. One word is the
//	                            line; several are the line as it was typed, which must be words all the same
//	RUN [-d DIR] [-e NAME=VALUE]… PROG ARG…  [start]
//	                            starts a program on the desktop there and leaves it alone; OK pid=N. What is
//	                            no program but a file or a folder is opened as a person would: opener=NAME
//	DISP  [displays]            DATA: a line each, a Display
//	SAY TEXT                    shows the rest of the line to the person at the helped computer
//	SHOT [-d N|all] [-r X,Y,WxH] [--format png|jpeg] [--quality Q] [--scale F]  [screenshot]
//	                            a picture of display N, by default 1, the primary one, or of all as they lie
//	                            side by side: FILE, DATA…, SUM; see Pictures
//	SHOT --watch SECONDS [--changed] [-n N] …
//	                            likewise, again and again, until STOP or N of them have come
//
// A server may be told to show one folder only: paths then begin there, / is
// that folder, and what leads out of it, by .. or by a link, is not-allowed.
//
// # Pictures
//
// SHOT answers a file of unknown size, as Files has it: a PNG, or with --format
// jpeg a JPEG of quality Q, 1 to 100 and otherwise 85. X,Y,WxH is a part of the
// picture that would come without it, in pixels; F, above 0 and at most 1, makes it
// smaller. FILE is f 0600 - TIME shot.png or shot.jpg, and says
//
//	display=1 at=0,0     what it shows, a number or all, and where that begins on the desktop
//	size=1920x1080       how large the picture is, in pixels
//	of=3840x2160         what it is of, where F has made it smaller
//	changed=X,Y,WxH      from the second on, with --watch: the least rectangle of the desktop outside
//	                     of which nothing differs from the picture before; none, where nothing does
//	uniform=#000000      more than 99 % of it has that colour
//	reason=TEXT          what may have kept it from being seen, where the system says so
//
// With --watch SECONDS, 0.1 to 86400, a FILE comes so often, as fast as they can
// be made and sent; with --changed the first, and then only those that differ. A
// picture has at most 104857600 pixels and 67108864 bytes.
//
// # Trust
//
// A server on a network speaks TLS 1.3 only, with ALPN techsh/1 and without
// resumption. Both ends show one self-signed certificate with an ed25519 key. Each
// checks that of the other, and the ALPN, and otherwise the handshake fails. An ID
// is the SHA-256 of the DER SubjectPublicKeyInfo in the certificate, as base32 (RFC
// 4648) in small letters without padding: 52 characters. People see and type it in
// groups of four with - between, which do not count. The name in the handshake
// (SNI), and names, dates and signatures in certificates, say nothing: each end
// knows the other by its ID, or does not. A client that has the server's checks it
// before it sends a frame. A server takes any such key in the handshake, or no
// certificate, which is nobody whom it knows, and decides behind it. Whoever ends
// its side says close_notify: an end without it is a lost link.
//
// A verb needs a right, or none. A client calls only what its rights allow,
// which may change at any time; HELO lists it. The rest is not-allowed.
//
//	dir   DIR CD STAT FIND DU DF     exec  EXEC SH RUN KILL
//	get   GET CAT HASH               shot  SHOT DISP
//	put   PUT PART MKD COPY MOVE     info  INFO PS WHO NET
//	del   DEL                        none  HELP ECHO TIME NAME RAND PING PWD SAY EXIT
//
// A person at the helped computer may want to be asked before EXEC, SH, RUN, KILL,
// SHOT and DEL; NEWS asking says so, and a no is the answer declined.
//
// A client whose ID the server does not know reads ERR unpaired with pairing=open
// or closed and host=, the server's name for itself. Closed, the server hangs up.
// Open, it waits 30 s for one frame PAIR; anything that does not begin with PAIR
// and a space closes the connection at its first differing byte, without a word.
// Two people have told each other a secret, which is either the token of a line to
// paste, or four words separated by single spaces:
//
//	techsh://ADDR:PORT/ID/TOKEN      ID is the server's, TOKEN 26 of a-z and 2-7
//
// Who has the line knows the server's ID by it. Both ends then compute
//
//	K      = PBKDF2-HMAC-SHA256(secret, salt, 600000 rounds, 32 bytes)
//	salt   = the TLS exporter (RFC 8446, section 7.5), label EXPERIMENTAL-techsh-pair-v1, no context, 32 bytes
//	PROOF  = HMAC-SHA256(K, "techsh-pair-v1 joiner" NUL ID-of-client ID-of-server), 64 small hexadecimal digits
//	proof  = HMAC-SHA256(K, "techsh-pair-v1 issuer" NUL ID-of-client ID-of-server), likewise
//
//	PAIR KIND PROOF NAME         KIND is line or words: which secret it is. NAME is what the client calls itself
//	OK   proof=… name=…          the server knows the secret too, if proof is right; else the client hangs up
//
// HELO follows, as for a client that was known. A wrong PROOF is ERR not-allowed,
// and the end of the connection; so is the third one for the code.
//
// # Completion
//
// DIR -c PREFIX answers the entries that PREFIX, one word, can become. Each is
// named by the text of the whole word that would be typed; folders, and links
// to folders as kind d, have a separator behind. Home, of a bare PREFIX, comes
// as the path it stands for. Hidden ones come only when the last component of
// PREFIX begins with a dot. When all begin with a folder, FILE in front names
// it, so that a list can leave it out. Nothing to offer is OK without DATA.
//
// # Programs
//
// DATA is standard output and NOTE standard error, raw, each in its own order, as
// they come. OK has exit=N, from 0 on (on Windows to 4294967295), or signal=NAME
// number=N; a note=… in it is for people. PROG is found on the server's PATH, or,
// when it holds a separator, from the cwd. Without -i and -t standard input is
// empty and there is no stream; with -i the client streams DATA… END, and a program
// that ends before END is an early answer. STOP ends the program and all that it
// started; so does a lost link, and the end of --timeout, which may have a
// fraction: the answer is then timeout.
//
// With -t the program runs in a terminal of that size. DATA is what is typed and
// what is shown, there is no NOTE; Ctrl-C and the like are bytes that are typed,
// and END types Ctrl-D. MORE counts as with -i. SIZE, between any two frames of the
// stream, changes the size; columns and rows are from 1 to 32767. TERM is xterm
// unless -e says otherwise.
//
// The variables are the server's, and those of -e on top. Those that would make
// a program load or run something else, such as LD_PRELOAD, IFS or BASH_ENV, are
// not-allowed. encoding=NAME in HELO is what programs there write in, when that
// is not UTF-8.
//
// # Clocks
//
// A client that notes when it has sent TIME and when the answer came has four
// moments: sent and came by its own clock, received and the one in DATA, answered,
// by the server's. The server's clock is ((received - sent) + (answered - came)) / 2
// ahead, wrong by at most half of (came - sent) - (answered - received): of a few
// calls, the one where that is least tells most. precision= in OK are the seconds
// of which the clock shows no parts: half of them are added.
//
// # Files
//
// PUT takes FILE, DATA…, SUM, END. PATH, by default the cwd, is a folder into which
// the file goes under its own name; or else PATH is its name, and the one in FILE
// is not looked at. Whatever fails is the answer, and comes early; that no FILE
// comes is bad-request, but with -t and -r it is fine. With -t PATH must be a folder,
// any number of files may come, and each that fails is a NOTE, a single one too. GET
// refuses to begin when two files would have one name.
//
// A FILE of kind f is followed by DATA… (none when it is empty) and always by
// SUM. MODE, SIZE and TIME may be "-"; setuid and setgid in MODE are unsupported.
// When FILE announces a size, exactly that many bytes are the file. crc32c is that of RFC 3720 (Castagnoli) over all its
// bytes, as eight small hexadecimal digits; sha256, in SUM when FILE has
// sum=sha256 and only then, is 64 of them. A receiver compares both, and the size:
// what differs is mismatch, and SUM without crc32c, or with a sum in another
// spelling, bad-request. `none` instead of all pairs is for people.
//
// A sender whose file has become shorter than the frame it announced fills the
// frame with zeros and ends the file with SUM error=changed. The receiver of such
// a file, whatever the code, only drops it. A server that sends tells why by NOTE
// or in its answer; one that receives answers with that ERR when it was the only
// file. A file that has grown is sent as long as it was announced, and SUM may have
// grown=N, how many bytes more it had at the end.
//
// A client does not believe an OK to GET that comes between FILE and SUM, or when
// fewer files have come than it says, nor an OK to PUT before END was sent: what
// has not come whole is no success, whatever is said.
//
// A tree is a FILE of kind d and what is in it, depth first: files as ever, links
// as a FILE of kind l alone, folders as trees. Their names are the folder's, /,
// and their own, on every system. A folder without a name of its own, such as
// the cwd or a root, is called "."; one that stands there already is gone
// into. A receiver takes what is below a folder only when that folder has come,
// and is one, and no link; links and what is in what was refused it passes over.
// A folder gets its mode and time when it is complete. Of several things each
// that fails is a NOTE, and the rest goes on.
//
// A transfer that was broken off, by STOP or a lost link, leaves its part. Who
// goes on proves that the first N bytes are the same by their SHA-256; crc32c
// and the announced size are those of the whole file. When the part is not what
// it was any more, the FILE with from=N fails with changed.
//
// A receiver takes the name of a file only when it is one component: not empty, not
// . or .., without / or NUL, at most 255 bytes; a client, only when the text of a
// word it asked for ends in it, or was a pattern. A client that was told another
// name need not look at it. A receiver lands a file whole: written under another
// name, compared, flushed, renamed. OK means complete, compared and on disk.
// Nothing is replaced without -f, and nothing but a regular file ever. Of the mode
// the nine permission bits count, others are ignored, and "-" is 0644; a file that
// is replaced keeps its own.
//
// # Never stuck
//
//  1. Both sides always read, and reading never waits for one's own writing:
//     who streams up has another thread act on what comes back.
//  2. Frames are written whole, one after another.
//  3. Standard input is sent as asked for: 65,536 bytes unasked, then what
//     MORE allows, so that nothing queues in front of STOP. A client that
//     sends more is answered bad-request. Only the bodies of DATA count. Files
//     need no MORE: a disk takes them.
//  4. Stream frames that nobody waits for are read and dropped, so that an
//     early answer can always be read.
//  5. A client may TICK after HELO. Who has sent or received a TICK ticks
//     whenever it has sent nothing for 15 s, also while it waits to write what
//     came somewhere else. Who has received one takes 45 s without a byte,
//     counted only while waiting to read, for a dead link. There are no write
//     deadlines: a paused pager is not dead. Who never ticks is not ticked
//     and may be silent for 10 minutes between calls and inside a stream,
//     and for ever while it waits for an answer. The rest of a begun frame,
//     or 64 KiB of it, must come within 30 s.
//  6. An end of input inside a frame or an open stream is a lost link: what
//     was not complete does not land, a program ends. A failed write is not the end: read on,
//     the reason may be waiting. Who hangs up sends one ERR, half-closes,
//     reads and drops for 1 s, and closes.
//
// # Three bins
//
// What can be wrong, and what a server does then. It never resynchronises.
//
// Hang up, after one ERR (as the answer to what runs, or alone): a malformed
// header, a length over the limit, a typed line that does not begin with a
// letter or is a broken header, a server's frame (OK ERR NOTE MORE NEWS) from
// a client, HELO twice or late or without techsh/1, a call inside an open stream
// (there an unknown verb is one too), an end of input inside a frame or a stream,
// silence over the limits. The code is bad-frame, timeout, or unsupported for
// versions.
//
// Answer with ERR, and go on: an unknown verb, options or words that the verb
// does not take, a body that is no line of words, a refused or failed
// operation, a stream whose FILE and SUM do not pair, standard input that was
// not asked for.
//
// Drop: STOP when nothing runs, stream frames (FILE DATA SUM END SIZE) that
// nobody waits for.
//
// A client skips frames it does not know: that, and new verbs, are the room
// for later versions.
//
// # Nouns
//
// Each is a line of words with one spelling, which String writes. "-" alone
// is unknown; numbers are decimal without zeros in front; times are UTC with
// nine decimals, 2026-11-22T12:00:00.123456789Z; names and other texts are
// written as Quote writes quoted words; pairs may follow.
//
//	Entry    KIND MODE SIZE TIME NAME        KIND f file, d folder, p pipe, s socket, b block, c character device
//	         l MODE SIZE TIME NAME TARGET    a link; MODE is 4 octal digits
//	Host     SYSTEM VERSION MACHINE HOST USER UPTIME     UPTIME in seconds
//	Display  NUMBER WxH X,Y NAME             NUMBER from 1; X and Y may be negative; primary=yes; scale=1.5, by how
//	                                         much the desktop makes things larger
//	Volume   MOUNT TYPE SIZE FREE            in bytes; FREE is what the user may fill
//	Process  PID PPID USER STARTED CPU MEMORY NAME       CPU in milliseconds, MEMORY in bytes; state=zombie:
//	                                         it has ended, and its parent does not look
//	User     NAME TERMINAL HOST SINCE        idle=SECONDS since the last key; HOST is - at the computer itself
//	Endpoint address INTERFACE PREFIX        mac=; up=no when it is down
//	         listen PROTOCOL ADDRESS:PORT    pid= and program=, where they are known
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
// The first word of ERR and of NOTE. TEXT, always one word, is for people; its
// words for the system's own reasons are the same from every system. ERR may carry
// name= (the object, as it was asked for), hint= (what to do, for people) and
// counts. A code that is not known is taken for internal.
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
//	internal       internal error
//
// # Limits
//
//	header                          16 bytes
//	body, of DATA and NOTE / other  1,048,576 / 65,536 bytes
//	client's, before it is let in   1,024 bytes
//	line typed by hand              8,192 bytes
//	carrier's noise before HELO     65,536 bytes
//	PROG and arguments of EXEC      256 words, 32,768 bytes without the spaces
//	path / name / depth             4,096 / 255 bytes / 64 names
//	standard input unasked          65,536 bytes
//	AUTH on a plain connection      within 60 s, 3 tries
//	TLS until HELO / PAIR           within 10 s / 30 s
//	who is not in, all / an address 32 / 4 connections; the oldest gives way
//	connections, all / of a client  64 / 8
//	a begun frame, or 64 KiB of it  30 s
//	silence of who ticks / does not 45 s / 10 min
//	cancel to answer                1 s
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
