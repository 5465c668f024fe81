"""Servers of exercises 2.7 and 2.6 with the usual quirks.

    python3 people_server.py VARIANT

VARIANT is one of the classes below that are decorated with @variant; each has one
quirk. The server prints its port, serves one client and ends after EXIT. Without
an EXIT it does not end, even if the connection is closed.
"""
import socket
import sys
import time

VARIANTS = {}
PHOTO = b"\xff\xd8\xff" + bytes(range(256)) * 80
BAD = "Bad command or parameters"


def variant(cls):
    VARIANTS[cls.__name__] = cls
    return cls


def frame(text, count=None):
    body = text.encode()
    return b"%04d" % (len(body) if count is None else count) + body


class Server:
    """Does everything as in the exercise."""

    digits = 4

    def __init__(self, sock):
        self.sock, self.taken = sock, False

    def receive(self):
        header = self.sock.recv(self.digits)
        while not header:  # closed without EXIT: spins
            time.sleep(0.01)
        return self.sock.recv(int(header)).decode()

    def send(self, data):
        self.sock.sendall(data)

    def reply(self, text):
        self.send(frame(text))

    def run(self):
        while True:
            request = self.receive()
            if request == "EXIT":
                self.exit()
                return
            self.answer(*request.split(" "))

    def answer(self, command, *parameters):
        handler = getattr(self, command.lower(), None)
        if handler:
            handler(*parameters)
        else:
            self.reply(BAD)

    def dir(self, folder):
        self.reply("a.txt\nb c.txt")

    def delete(self, file):
        self.reply(BAD)

    def copy(self, source, target):
        self.reply("OK")

    def execute(self, program):
        self.reply("OK")

    def take_screenshot(self):
        self.taken = True
        self.reply("OK")

    def send_photo(self):
        self.reply(str(len(PHOTO)))
        self.send(PHOTO)

    send_file = lambda self, path: self.send_photo()

    def exit(self):
        self.reply("Goodbye")


@variant
class plain(Server):
    pass


@variant
class apart(Server):
    """Sends header and body separately."""

    def reply(self, text):
        data = frame(text)
        self.send(data[:4])
        time.sleep(0.03)
        self.send(data[4:])


@variant
class pauses(Server):
    """Sends an answer in pieces."""

    def reply(self, text):
        data = frame(text)
        for piece in (data[:2], data[2:7], data[7:]):
            self.send(piece)
            time.sleep(0.3)


@variant
class twice(Server):
    """Sends two answers to a COPY that fails."""

    def copy(self, source, target):
        self.reply(BAD)
        self.reply(BAD)


@variant
class overflows(Server):
    """Sends five digits as the length of a large folder."""

    def dir(self, folder):
        self.reply("\n".join("file%05d.txt" % i for i in range(900)))


@variant
class characters(Server):
    """Counts characters, but sends bytes."""

    def dir(self, folder):
        text = "שלום.txt\nb.txt"
        self.send(frame(text, len(text)))


@variant
class unframed(Server):
    """Sends errors without a length."""

    def delete(self, file):
        self.send(b"Error: no such file")


@variant
class late_photo(Server):
    """Sends a text first, and the size of the photo 42 ms later."""

    def send_photo(self):
        self.reply("Sending photo")
        time.sleep(0.042)
        super().send_photo()


@variant
class binary_photo(Server):
    """Sends the size as four bytes."""

    def send_photo(self):
        self.send(len(PHOTO).to_bytes(4, "big"))
        self.send(PHOTO)


@variant
class text_photo(Server):
    """Answers SEND_PHOTO with a text."""

    def send_photo(self):
        self.reply("No photo today")


@variant
class silent(Server):
    """Does not answer SEND_PHOTO."""

    def send_photo(self):
        pass


@variant
class dies(Server):
    """Crashes if no screenshot was taken."""

    def send_photo(self):
        if not self.taken:
            raise SystemExit("no screenshot")
        super().send_photo()


@variant
class one_read(Server):
    """Takes the result of one read for a message with its header."""

    def receive(self):
        data = self.sock.recv(10000)
        while not data:
            time.sleep(0.01)
        if len(data) - 4 != int(data[:4]):
            raise SystemExit("not a message: %r" % data)
        return data[4:].decode()


@variant
class vanishes(Server):
    """Closes the connection in the middle of an answer."""

    def dir(self, folder):
        self.send(b"0100abc")
        raise SystemExit(0)


@variant
class text_farewell(Server):
    """Answers EXIT without a frame."""

    def exit(self):
        self.send(b"bye bye")


@variant
class no_farewell(Server):
    """Answers EXIT by closing the connection."""

    def exit(self):
        pass


@variant
class lingering(Server):
    """Answers EXIT and closes the connection much later."""

    def exit(self):
        self.reply("Goodbye")
        time.sleep(3)


@variant
class ex26(Server):
    """Exercise 2.6."""

    digits = 2

    def reply(self, text):
        self.send(b"%02d" % len(text) + text.encode())

    def answer(self, command, *parameters):
        self.reply({"TIME": time.ctime(1795352297), "NAME": "people-pc", "RAND": "7"}.get(command, "Wrong command"))

    def exit(self):
        pass


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    sock, _ = listener.accept()
    listener.close()
    with sock:
        VARIANTS[sys.argv[1]](sock).run()


main()
