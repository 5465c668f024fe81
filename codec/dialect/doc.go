// Package dialect implements the wire formats of the course, which its slides and
// exercises build: from an echo server to a remote technician. It is a gateway in both
// directions, so that the two halves of techsh speak only techsh/1. A Server translates
// the requests of clients that speak a dialect into calls of a session, so that rights,
// jail, questions, limits and logs are the same as for every session. Open gives a shell
// a techsh/1 connection to a server that speaks a dialect.
//
// The files:
//
//   - dialect.go: the formats; timed_conn.go: a connection with limits in time
//   - server.go, server_commands.go: the gateway for clients of a dialect
//   - client.go, client_verbs.go, client_changes.go, client_clock.go, client_files.go: the
//     gateway to servers of a dialect; client_replies.go: the meaning of their answers;
//     message.go: what a trace shows; explain.go: a gateway to no server
//   - recognise.go: finding out the dialect of a server
//   - picture.go: converting pictures
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
// ex26 has TIME, NAME or WHORU, RAND (1 to 10) and EXIT. Another command is answered
// Wrong command; a length that is not a number, Wrong protocol. ex27 has DIR D, DELETE F,
// COPY FROM TO, EXECUTE PROG, TAKE_SCREENSHOT, SEND_PHOTO, SEND_FILE F and EXIT, whose
// parameters are split at single spaces. Everything that fails is answered Bad command or
// parameters; a length that is not a number, Packet not according to protocol. After bytes
// that are not a message everything is dropped until nothing has come for 100 ms.
//
// # The server
//
// Every failure gets the one reply that the dialect has for failures; the log has the
// reason. DELETE does not delete folders and COPY does not replace files, like DEL and COPY
// of techsh/1 without options. A picture is kept for the client that has taken it, as a
// JPEG of at most 60,000 bytes: with a lower quality and, if that is not enough, smaller.
// A text that is too long for the length in front of it is cut after a line and ends with
// "... and more". A request that looks like that of a web browser gets the error, and the
// connection is closed, because what a page makes the browser send later must not become a
// command. A client that sends more than 4 KiB while a request is carried out is
// disconnected too, and the request is cancelled. Each kind of mistake of a client is
// logged once.
//
// # The client
//
// It accepts every form of answer that servers of the course were seen to send, see
// parseReply and readSize. A server that closes the connection is a lost link, except in a
// dialect with one exchange for each connection. There is only one request in flight, even
// after it was cancelled: the next one waits for its answer, and NEWS waiting says so. A
// server whose dialect was not recognised gets 0004EXIT, which ex26 reads as an empty
// command and EXIT, and ex26-slide as 0004 and EXIT.
//
// The gateway offers the verbs of techsh/1 for which the dialect has commands. It leaves out
// what it cannot know: a listing has names only. The clock of ex26 shows whole seconds
// without a zone. It is taken to be in the zone of this computer, and OK of TIME has
// precision=. A picture is converted to the format that was requested. How a program has
// ended is known only from techshd; from other servers, only that it has ended.
//
// In each answer frames WIRE show the messages of the dialect; clients of techsh/1 skip
// them. Their words are sent or came, the dialect, and the fields in the order of their
// bytes: length= command= parameter-1= and so on; of a reply length= and text= or size=; and
// bytes= for bytes without a length. Of received messages a field has at most 64 bytes, and
// of= then tells its length.
//
// For users "techsh help course" goes through the dialects step by step.
package dialect
