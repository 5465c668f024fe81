// Package dialect implements the wire formats that the slides and exercises of the course
// define, from an echo server to a remote technician. It contains gateways in both
// directions, so that the two halves of techsh need to speak only techsh/1. A Server
// translates the requests of clients that speak a dialect into calls of a session, so
// that rights, jail, questions, limits and logs are the same as for every session. Open
// gives a shell a techsh/1 connection to a server that speaks a dialect.
//
// The files are:
//
//   - dialect.go: the formats; timed_conn.go: a connection with time limits
//   - server.go, server_commands.go: the gateway for clients of a dialect; units.go:
//     lengths that count characters
//   - client.go, client_verbs.go, client_changes.go, client_clock.go, client_files.go:
//     the gateway to servers of a dialect; client_replies.go: the meaning of their
//     answers; message.go: what a trace shows; explain.go: a gateway without a server
//   - recognise.go: finding out the dialect of a server
//   - picture.go: converting pictures
//
// # The formats
//
// Digits are ASCII and padded with zeros on the left. Messages have no newline, no
// terminator and no checksum. Only one request is in flight at a time. The port is 8820.
//
//	dialect     request                          reply              end
//	echo        up to 1024 raw bytes             the same           the server closes after one exchange
//	hello       a name, raw                      Hello and the name the server closes after one exchange
//	ex26-slide  4 raw bytes: TIME NAME RAND EXIT 2 digits, text     EXIT: the reply 03bye, then closed
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
// ex26 has TIME, NAME or WHORU, RAND (1 to 10) and EXIT. The answer to any other command
// is "Wrong command". The answer to a length that is not a number is "Wrong protocol".
// ex27 has DIR D, DELETE F, COPY FROM TO, EXECUTE PROG, TAKE_SCREENSHOT, SEND_PHOTO,
// SEND_FILE F and EXIT. Parameters are separated by single spaces. The answer to
// everything that fails is "Bad command or parameters". The answer to a length that is
// not a number is "Packet not according to protocol". After bytes that are not a message,
// everything is dropped until nothing has arrived for 100 ms.
//
// # The server
//
// A length counts bytes. But if a text is not ASCII, many clients count its characters or
// its UTF-16 units. The length is then too small, and the bytes that it covers may name
// another file. After a request that is not ASCII the server therefore waits: if nothing
// follows for half a second, or only further requests, the length has counted bytes; if
// what follows completes the request as characters, the length has counted characters,
// and this is logged. If neither is true, or both are, the request is answered like bytes
// that are not a message, and nothing is done.
//
// The dialect has one reply for all failures; the log has the reason. DELETE does not
// delete folders and COPY does not replace files, like DEL and COPY of techsh/1 without
// options. A picture is kept for the client that has taken it, as a JPEG of at most
// 60,000 bytes: first its quality is lowered and then, if necessary, its dimensions. A
// text that is too long for its length field is cut at the end of a line, and "... and
// more" is appended. If a request looks like that of a web browser, the server answers
// with the error and closes the connection, so that a web page cannot make the browser
// send commands. A client that sends more than 4 KiB while a request is carried out is
// disconnected too, and the request is cancelled. Each kind of mistake of a client is
// logged once.
//
// # The client
//
// The client accepts every form of answer that servers of the course are known to send,
// see parseReply and readSize. A server that closes the connection is a lost link, except
// in a dialect with one exchange for each connection. There is only one request in
// flight, even after it was cancelled: the next request waits for the answer to the
// cancelled one, and NEWS waiting says so. If the dialect of a server was not recognised,
// the client sends 0004EXIT. A server of ex26 reads this as an empty command and EXIT,
// and a server of ex26-slide reads it as 0004 and EXIT.
//
// The gateway offers the verbs of techsh/1 for which the dialect has commands. It leaves
// out everything that it cannot know: a listing has names only. The clock of ex26 shows
// whole seconds and no time zone; it is taken to be in the zone of this computer, and the
// OK of TIME has precision=. A picture is converted to the format that was requested.
// Only techshd reports the exit status of a program; other servers report only that it
// has ended.
//
// In each answer, frames WIRE, which clients of techsh/1 skip, show the messages of the
// dialect. Their words are "sent" or "came", the name of the dialect, and the fields in
// the order of their bytes: for a request length= command= parameter-1= and so on, for a
// reply length= and text= or size=, and for bytes without a length bytes=. A field of a
// received message is cut to 64 bytes, and of= then has its full length.
//
// For users "techsh help course" goes through the dialects step by step.
package dialect
