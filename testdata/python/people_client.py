"""Clients of exercise 2.7 with the usual quirks.

    python3 people_client.py VARIANT PORT

VARIANT is one of the functions below that are decorated with @variant. It prints
the answers.
"""
import socket
import sys
import time

VARIANTS = {}


def variant(function):
    VARIANTS[function.__name__] = function
    return function


def frame(text):
    return b"%04d" % len(text.encode()) + text.encode()


def receive(sock):
    """Receives a message, as in the exercise."""
    return sock.recv(int(sock.recv(4))).decode()


def ask(sock, text):
    sock.sendall(frame(text))
    return receive(sock)


@variant
def apart(sock):
    """Sends header and body separately."""
    for text in ("DIR /", "TAKE_SCREENSHOT"):
        data = frame(text)
        sock.sendall(data[:4])
        time.sleep(0.05)
        sock.sendall(data[4:])
        print(receive(sock))


@variant
def lower_case(sock):
    """Sends commands as typed."""
    for text in ("dir /", "Take_Screenshot", "eXIT"):
        print(ask(sock, text))


@variant
def one_read(sock):
    """Takes the result of one read for a message."""
    for text in ("DIR /", "DELETE x", "COPY a b"):
        sock.sendall(frame(text))
        data = sock.recv(10000)
        assert len(data) - 4 == int(data[:4]), data
        print(data[4:].decode())


@variant
def one_read_for_the_size(sock):
    """Reads the size of the photo with a read that must return nothing of the photo."""
    for _ in range(8):
        print(ask(sock, "TAKE_SCREENSHOT"))
        sock.sendall(frame("SEND_PHOTO"))
        size = int(sock.recv(1024)[4:])
        photo = b""
        while len(photo) < size:
            photo += sock.recv(1024)
        print(size, photo[:3].hex())


@variant
def one_read_for_the_photo(sock):
    """Receives the photo with one read."""
    print(ask(sock, "TAKE_SCREENSHOT"))
    size = int(ask(sock, "SEND_PHOTO"))
    time.sleep(0.5)
    print(size, len(sock.recv(size)))


@variant
def characters(sock):
    """Counts characters, but sends bytes."""
    text = "DELETE שלום.txt"
    sock.sendall(b"%04d" % len(text) + text.encode())
    print(receive(sock))
    print(ask(sock, "COPY a b"))


@variant
def unpadded(sock):
    """Does not pad its lengths."""
    sock.sendall(b"5DIR /")
    print(receive(sock))
    time.sleep(0.3)
    print(ask(sock, "COPY a b"))


@variant
def needs_a_farewell(sock):
    """Crashes if EXIT has no answer."""
    print(ask(sock, "EXIT"))
    print(sock.recv(10))


@variant
def vanishes(sock):
    """Closes the connection before the answer."""
    sock.sendall(frame("DIR /"))


VARIANTS[sys.argv[1]](socket.create_connection(("127.0.0.1", int(sys.argv[2]))))
