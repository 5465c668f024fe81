"""A server of exercise 2.7, or 2.6, as people write it.

    python3 people_server.py WAY

WAY is one of the functions below that are decorated with @way: what such a
server does otherwise than one would think. It prints the port it listens on,
serves one client, and ends when that has said EXIT; told nothing but that the
connection is gone, it goes on for ever.
"""
import socket
import sys
import time

WAYS = {}
PHOTO = b"\xff\xd8\xff" + bytes(range(256)) * 80
BAD = "Bad command or parameters"


def way(function):
    WAYS[function.__name__] = function
    return function


def frame(text, count=None):
    body = text.encode()
    return b"%04d" % (len(body) if count is None else count) + body


class Server:
    """One that does everything as the exercise says."""

    digits = 4

    def __init__(self, sock):
        self.sock, self.taken = sock, False

    def receive(self):
        header = self.sock.recv(self.digits)
        while not header:  # nobody said EXIT: it spins
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


@way
class plain(Server):
    pass


@way
class apart(Server):
    """It sends header and body apart, and counts on nothing in between."""

    def reply(self, text):
        data = frame(text)
        self.send(data[:4])
        time.sleep(0.03)
        self.send(data[4:])


@way
class pauses(Server):
    """It sends an answer in pieces."""

    def reply(self, text):
        data = frame(text)
        for piece in (data[:2], data[2:7], data[7:]):
            self.send(piece)
            time.sleep(0.3)


@way
class twice(Server):
    """It answers a COPY that fails twice."""

    def copy(self, source, target):
        self.reply(BAD)
        self.reply(BAD)


@way
class overflows(Server):
    """Its length of a large folder has five digits."""

    def dir(self, folder):
        self.reply("\n".join("file%05d.txt" % i for i in range(900)))


@way
class characters(Server):
    """It counts characters, and sends bytes."""

    def dir(self, folder):
        text = "שלום.txt\nb.txt"
        self.send(frame(text, len(text)))


@way
class unframed(Server):
    """Its errors have no length in front."""

    def delete(self, file):
        self.send(b"Error: no such file")


@way
class late_photo(Server):
    """It says something first, and the photo's size 42 ms later."""

    def send_photo(self):
        self.reply("Sending photo")
        time.sleep(0.042)
        super().send_photo()


@way
class binary_photo(Server):
    """It sends the size as four bytes."""

    def send_photo(self):
        self.send(len(PHOTO).to_bytes(4, "big"))
        self.send(PHOTO)


@way
class text_photo(Server):
    """It answers SEND_PHOTO with a text."""

    def send_photo(self):
        self.reply("No photo today")


@way
class silent(Server):
    """It does not answer SEND_PHOTO at all."""

    def send_photo(self):
        pass


@way
class dies(Server):
    """It dies when no screenshot was taken."""

    def send_photo(self):
        if not self.taken:
            raise SystemExit("no screenshot")
        super().send_photo()


@way
class one_read(Server):
    """It takes what one read gives it for a message, header and all."""

    def receive(self):
        data = self.sock.recv(10000)
        while not data:
            time.sleep(0.01)
        if len(data) - 4 != int(data[:4]):
            raise SystemExit("not a message: %r" % data)
        return data[4:].decode()


@way
class vanishes(Server):
    """It is gone in the middle of an answer."""

    def dir(self, folder):
        self.send(b"0100abc")
        raise SystemExit(0)


@way
class text_farewell(Server):
    """It answers EXIT without a frame."""

    def exit(self):
        self.send(b"bye bye")


@way
class no_farewell(Server):
    """It answers EXIT by closing."""

    def exit(self):
        pass


@way
class lingering(Server):
    """It answers EXIT, and closes much later."""

    def exit(self):
        self.reply("Goodbye")
        time.sleep(3)


@way
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
        WAYS[sys.argv[1]](sock).run()


main()
