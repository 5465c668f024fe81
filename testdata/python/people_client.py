"""A client of exercise 2.7 as people write it.

    python3 people_client.py WAY PORT

WAY is one of the functions below that are decorated with @way. It prints what
it got.
"""
import socket
import sys
import time

WAYS = {}


def way(function):
    WAYS[function.__name__] = function
    return function


def frame(text):
    return b"%04d" % len(text.encode()) + text.encode()


def receive(sock):
    """A message, as the exercise says."""
    return sock.recv(int(sock.recv(4))).decode()


def ask(sock, text):
    sock.sendall(frame(text))
    return receive(sock)


@way
def apart(sock):
    """It sends header and body apart."""
    for text in ("DIR /", "TAKE_SCREENSHOT"):
        data = frame(text)
        sock.sendall(data[:4])
        time.sleep(0.05)
        sock.sendall(data[4:])
        print(receive(sock))


@way
def lower_case(sock):
    """It sends what was typed."""
    for text in ("dir /", "Take_Screenshot", "eXIT"):
        print(ask(sock, text))


@way
def one_read(sock):
    """It takes what one read gives it for a message."""
    for text in ("DIR /", "DELETE x", "COPY a b"):
        sock.sendall(frame(text))
        data = sock.recv(10000)
        assert len(data) - 4 == int(data[:4]), data
        print(data[4:].decode())


@way
def one_read_for_the_size(sock):
    """It takes the photo's size with a read that must not get any of it."""
    for _ in range(8):
        print(ask(sock, "TAKE_SCREENSHOT"))
        sock.sendall(frame("SEND_PHOTO"))
        size = int(sock.recv(1024)[4:])
        photo = b""
        while len(photo) < size:
            photo += sock.recv(1024)
        print(size, photo[:3].hex())


@way
def one_read_for_the_photo(sock):
    """It takes the photo with one read."""
    print(ask(sock, "TAKE_SCREENSHOT"))
    size = int(ask(sock, "SEND_PHOTO"))
    time.sleep(0.5)
    print(size, len(sock.recv(size)))


@way
def characters(sock):
    """It counts characters, and sends bytes."""
    text = "DELETE שלום.txt"
    sock.sendall(b"%04d" % len(text) + text.encode())
    print(receive(sock))
    print(receive(sock))
    time.sleep(0.3)
    print(ask(sock, "COPY a b"))


@way
def unpadded(sock):
    """It does not pad its lengths."""
    sock.sendall(b"5DIR /")
    print(receive(sock))
    time.sleep(0.3)
    print(ask(sock, "COPY a b"))


@way
def needs_a_farewell(sock):
    """It crashes when EXIT is not answered."""
    print(ask(sock, "EXIT"))
    print(sock.recv(10))


@way
def vanishes(sock):
    """It is gone before it is answered."""
    sock.sendall(frame("DIR /"))


WAYS[sys.argv[1]](socket.create_connection(("127.0.0.1", int(sys.argv[2]))))
