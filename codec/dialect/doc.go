// Package dialect is the wire formats of the course: what its slides and
// exercises build, from an echo server to a remote technician. Both ways it is
// a gateway, and techsh/1 stays the only language of the two halves. A Server
// translates what a client of a dialect asks into calls of a session of its
// own, so that rights, jail, questions, limits and logs are those of every
// session. Open gives a shell a connection that speaks techsh/1, for a server
// that speaks a dialect.
//
// The files: wire.go the formats and a connection with limits in time,
// server.go and commands.go the server's way, client.go, verbs.go and files.go the
// client's, with replies.go, what an answer means, and shown.go, what a trace
// sees of it; explained.go is a server that there is not. auto.go finds out what a
// server speaks, and picture.go has what pictures need.
//
// # The formats
//
// Digits are ASCII and padded with zeros on the left. There is no newline, no
// terminator, no sum. One request is in flight at a time. The port is 8820.
//
//	dialect     request                          reply              end
//	echo        up to 1024 raw bytes             the same           the server closes after one exchange
//	hello       a name, raw                      Hello and the name the server closes after one exchange
//	ex26-slide  4 raw bytes: TIME NAME RAND EXIT 2 digits, text     EXIT is answered 03bye, then closed
//	ex26        2 digits, command                2 digits, text     EXIT: no reply, closed
//	ex27        4 digits, command                4 digits, payload  EXIT: a farewell, then closed
//
//	echo        C>S |Barak|                           S>C |Barak|, EOF
//	hello       C>S |shai|                            S>C |Hello shai|, EOF
//	ex26-slide  C>S |TIME|                            S>C |1512:58:16.397874|
//	            C>S |XXXX|                            S>C |14wrong protocol|
//	            C>S |EXIT|                            S>C |03bye|, EOF
//	ex26        C>S |04TIME|                          S>C |24Sun Nov 22 12:58:17 2026|
//	            C>S |04EXIT|                          S>C EOF
//	ex27        C>S |0011DIR /tmp/pw|                 S>C |0013a.txt\nb c.txt|, where \n is one byte
//	            C>S |0015TAKE_SCREENSHOT|             S>C |0002OK|
//	            C>S |0010SEND_PHOTO|                  S>C |000520000|, then 20000 raw bytes
//	            C>S |0025DELETE /tmp/pw/nosuch.txt|   S>C |0025Bad command or parameters|
//
// ex26 has TIME, NAME or WHORU, RAND (1 to 10) and EXIT. Another command is
// answered Wrong command; a length that is no number, Wrong protocol. ex27 has
// DIR D, DELETE F, COPY FROM TO, EXECUTE PROG, TAKE_SCREENSHOT, SEND_PHOTO,
// SEND_FILE F and EXIT, whose parameters are split at single spaces; all that
// fails is answered Bad command or parameters, a length that is no number Packet
// not according to protocol. After what is no message all that comes is dropped
// until it has been quiet for 100 ms.
//
// # What else a server does here
//
// Whatever fails gets the one reply that the dialect has for it; the log says
// why. DELETE takes no folder and COPY replaces nothing, as DEL and COPY of
// techsh/1 without options. A picture is kept for the client that has taken it,
// as a JPEG of at most 60,000 bytes: of a lower quality, and, where that is not
// enough, smaller. A text that is longer than a length can
// say is cut at a line, and ends in "... and more". What looks like a web
// browser gets the error and is hung up on: what a page has it send later must
// not become a command. Who says more than 4 KiB while a request is worked on is
// hung up on too, and the work ends. The log is told each kind of mistake of a
// client once.
//
// # What else a client does here
//
// It takes any answer that was seen of people's servers: see meaning and
// announced. A server that hangs up is a lost link, except where it does so after
// each exchange. One request is in flight also after a cancelled one: the next
// waits until that was answered, and NEWS waiting says so. EXIT to a server that
// auto has not recognised is 0004EXIT, which ex26 reads as an empty command and
// EXIT, and ex26-slide as 0004 and EXIT. The verbs of techsh/1 that a dialect has something for are all that
// it offers. What it cannot know, it leaves out: a listing has names only. The
// clock of ex26 shows whole seconds without a zone, and is taken to be in ours; OK
// of TIME has precision=. A picture comes as the kind of file that was asked for. A
// program whose end our own server tells has ended so; of another's, nothing is
// known but that. In each answer frames WIRE, which clients of techsh/1 skip, show
// a trace what has crossed in the dialect: sent or came, the dialect, and the
// fields, in the order of their bytes: length= command= parameter-1= and so on, of
// a reply length= and text= or size=, and bytes= of what has no frame. Of what
// comes there are at most 64 bytes of a field; then of= says how many it has.
package dialect
