#!/usr/bin/env python3
"""A client of techsh/1, written from the specification alone.

techsh.py [--tls CERT.pem --pin ID] HOST:PORT COMMAND…
    list PATH | get PATH LOCALFILE | put LOCALFILE PATH | exec PROG ARG… | shot LOCALFILE
"""
import base64, contextlib, hashlib, os, re, select, socket, ssl, sys, tempfile, threading, time

TABLE = list(range(256))
for _ in range(8):
    TABLE = [crc >> 1 ^ (0x82F63B78 if crc & 1 else 0) for crc in TABLE]

def crc32c(data, crc=0):
    crc, table = crc ^ 0xFFFFFFFF, TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF

# Words: e"…"; or '…' at the start, "…" anywhere, and bare text
WORD = re.compile(rb"""e"((?:[^"\\]|\\.)*)"|((?:'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\s'"])(?:"(?:[^"]|"")*"|[^ \t\n"])*)""")
QUOTED = re.compile(rb"""\A'((?:[^']|'')*)'|"((?:[^"]|"")*)\"""")
SHORT = {"\n": r"\n", "\t": r"\t", "\r": r"\r", "\\": r"\\", '"': r"\""}

def words(body):
    unquote = lambda m: m[1].replace(b"''", b"'") if m[2] is None else m[2].replace(b'""', b'"')
    return [escaped.decode("unicode_escape").encode("latin-1") or QUOTED.sub(unquote, word)
            for escaped, word in WORD.findall(body)]

def pairs(some):
    return dict(word.split(b"=", 1) for word in some if b"=" in word)

def quote(word, always=False):  # always: the word is no option, no pattern, not the home folder
    text = word.decode("utf-8", "surrogateescape")  # bytes that are not UTF-8 become surrogates
    if re.search("[\0-\x1f\x7f\ud800-\udfff]", text):
        escape = lambda m: SHORT.get(m[0]) or "\\x%02x" % (ord(m[0]) & 0xFF)
        return ('e"%s"' % re.sub("[\0-\x1f\x7f\ud800-\udfff\\\\\"]", escape, text)).encode()
    special = always or re.search(r"""\A\Z|[ "*?;|<>&$]|\A['~!#@-]""", text)
    return b'"%s"' % word.replace(b'"', b'""') if special else word

def show(text, file=sys.stdout):  # escapes what could control the terminal
    print("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text.decode("utf-8", "replace")), file=file)

def identity(der):  # the key is the seventh field of the first element, the sixth without a version
    def content(at):  # the start and the end of the contents of an element
        size, more = der[at + 1], der[at + 1] & 0x7F if der[at + 1] & 0x80 else 0
        at += 2 + more
        return at, at + (int.from_bytes(der[at - more:at], "big") if more else size)
    at = content(content(0)[0])[0]
    for _ in range(6 if der[at] == 0xA0 else 5):
        at = content(at)[1]
    return base64.b32encode(hashlib.sha256(der[at:content(at)[1]]).digest()).decode().lower().rstrip("=")

class Connection:  # one loop reads and writes, neither blocks the other; a thread sends TICK
    def __init__(self, address, certificate, pin):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host.strip("[]"), int(port)), 30)
        self.inbox, self.outbox, self.lock = bytearray(), bytearray(), threading.Lock()
        self.upload, self.input = iter(()), 0  # the generator of the next frames; bytes of input wanted
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the ID identifies the server
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.set_alpn_protocols(["techsh/1"])
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket)
            found = identity(self.socket.getpeercert(binary_form=True))
            if found != pin or self.socket.selected_alpn_protocol() != "techsh/1":
                raise RuntimeError("this is another server, its ID is " + found)
        else:
            self.send("AUTH", os.environb.get(b"TECHSH_COOKIE", b"-"))
        self.socket.setblocking(False)
        if b"techsh/1" not in words(next(body for verb, body in self.answer() if verb == "HELO")):
            raise RuntimeError("the server does not speak techsh/1")
        self.send("HELO", b"techsh/1 name=techsh.py")
        threading.Thread(target=self.tick, daemon=True).start()

    def tick(self):
        while not time.sleep(15):
            self.send("TICK")
            self.flush()

    def send(self, verb, line=b"", data=b""):
        body = data or line and line + b"\n"
        with self.lock:
            self.outbox += b"%-4s %010d\n%s" % (verb.encode(), len(body), body)

    def flush(self):
        with self.lock, contextlib.suppress(OSError):  # not the end: the reason may still be readable
            del self.outbox[:self.socket.send(self.outbox) if self.outbox else 0]

    def until(self, size):  # reads until inbox has size bytes, and writes in the meantime
        while len(self.inbox) < size:
            while len(self.outbox) < 1 << 18 and next(self.upload, False):
                pass
            reading = [self.socket] + [0] * (self.input > 0)
            ready, writable, _ = select.select(reading, [self.socket] * bool(self.outbox), [], 45)
            if not ready and not writable:
                raise RuntimeError("the connection is dead")
            if writable:
                self.flush()
            if 0 in ready:
                data = os.read(0, min(self.input, 1 << 16))
                self.send("DATA" if data else "END", data=data)
                self.input -= len(data) or float("inf")
            if self.socket in ready:
                with self.lock, contextlib.suppress(BlockingIOError, ssl.SSLWantReadError):
                    data = self.socket.recv(1 << 16)  # a whole TLS record, select does not see the rest
                    if not data:
                        raise RuntimeError("the server has closed the connection")
                    self.inbox += data

    def answer(self, raw_notes=False):  # yields the frames up to OK, without the incidental ones; raises ERR
        verb = ""
        while verb != "OK":
            self.until(16)
            header = re.fullmatch(rb"([A-Z]{1,4}) +([0-9]{10})\n", self.inbox[:16])
            if not header or int(header[2]) > (1 << 20 if header[1] in (b"DATA", b"NOTE") else 1 << 16):
                raise RuntimeError("the server sent a bad frame")
            self.until(16 + int(header[2]))
            verb, body = header[1].decode(), bytes(self.inbox[16:16 + int(header[2])])
            del self.inbox[:16 + len(body)]
            if verb == "ERR":
                raise RuntimeError(b": ".join(words(body)).decode("utf-8", "replace"))
            elif verb == "NEWS" or verb == "NOTE" and not raw_notes:
                show(b": ".join(words(body)), sys.stderr)
            elif verb == "MORE":
                self.input += int(words(body)[0])
            elif verb in ("HELO", "FILE", "DATA", "SUM", "NOTE", "OK"):  # not TICK, not unknown verbs
                yield verb, body

def list_folder(connection, path):
    connection.send("DIR", b"-a " + quote(path, True))
    data = b"".join(body for verb, body in connection.answer() if verb == "DATA")  # FILE is the folder itself
    for kind, mode, size, when, *names in sorted(map(words, data.splitlines(True)), key=lambda entry: entry[4]):
        show(b"%s %s %12s %s " % (kind, mode, size, when) + b" -> ".join(map(quote, names[:1 + (kind == b"l")])))

def receive_file(connection, target, verb, line):  # saves the file of the answer, and replaces nothing
    with tempfile.NamedTemporaryFile(dir=os.path.dirname(target) or b".", prefix=b".techsh-") as part:
        entry, crc, told = [], 0, {}
        connection.send(verb, line)
        for verb, body in connection.answer():
            if verb == "FILE":
                entry = words(body)
            elif verb == "DATA":
                part.write(body)
                crc = crc32c(body, crc)
            elif verb == "SUM":
                told = pairs(words(body))
        if entry[:1] != [b"f"] or told.get(b"crc32c") != b"%08x" % crc or entry[2] not in (b"-", b"%d" % part.tell()):
            raise RuntimeError("the sum or the size differs, or there is no file")
        part.flush()
        os.fchmod(part.fileno(), 0o644 if entry[1] == b"-" else int(entry[1], 8) & 0o777)
        os.fsync(part.fileno())
        os.link(part.name, target)

def put(connection, source, path):
    def stream(crc=0):
        for data in iter(lambda: file.read(1 << 18), b""):  # the server refuses it if its size has changed
            crc = crc32c(data, crc)
            connection.send("DATA", data=data)
            yield True
        connection.send("SUM", b"crc32c=%08x" % crc)
        connection.send("END")
    with open(source, "rb") as file:
        status = os.fstat(file.fileno())
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(status.st_mtime_ns // 10**9)).encode()
        entry = b"f %04o %d %s.%09dZ " % (status.st_mode & 0o777, status.st_size, when, status.st_mtime_ns % 10**9)
        connection.send("PUT", quote(path, True))
        connection.send("FILE", entry + quote(os.path.basename(source)))
        connection.upload = stream()
        list(connection.answer())

def execute(connection, *program):
    connection.send("EXEC", b"-i " + b" ".join(quote(word, True) for word in program))
    connection.input = 1 << 16
    for verb, body in connection.answer(raw_notes=True):
        if verb in ("DATA", "NOTE"):
            with open(1 if verb == "DATA" else 2, "wb", closefd=False) as out:
                out.write(body)
    told = pairs(words(body))
    return 128 + int(told[b"number"]) if b"number" in told else min(int(told[b"exit"]), 255)

def main(arguments):
    if len(arguments) < 3:
        sys.exit(__doc__)
    tls = arguments[1:4:2] if arguments[::2][:2] == ["--tls", "--pin"] else (None, None)
    address, command, *rest = arguments[4:] if tls[0] else arguments
    commands = {"list": list_folder, "put": put, "exec": execute,
                "get": lambda connection, path, target: receive_file(connection, target, "GET", quote(path, True)),
                "shot": lambda connection, target: receive_file(connection, target, "SHOT", b"--format png")}
    return commands[command](Connection(address, *tls), *map(os.fsencode, rest))

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Exception as problem:
        show(b"techsh.py: " + str(problem).encode(errors="replace"), sys.stderr)
        sys.exit(1)
