/// A server of HTTP/2 without TLS that misbehaves, in one way at each port.
enum HostileHTTP2Server {
    /// The behaviors, in the order of their ports, and the message of each; nil if the response is accepted.
    static let behaviors: [(name: String, message: String?)] = [
        ("good", nil),
        ("continuation", "HTTP/2: PROTOCOL_ERROR: Too many CONTINUATION frames following a HEADER frame"),
        ("bomb", "HTTP/2: ENHANCE_YOUR_CALM: the fields are longer than 262144 bytes"),
        ("bombs", "HTTP/2: ENHANCE_YOUR_CALM: the fields are longer than 262144 bytes"),
        ("ping", "HTTP/2: ENHANCE_YOUR_CALM: too many frames without a response"),
        ("settings", "HTTP/2: ENHANCE_YOUR_CALM: too many frames without a response"),
        ("empty", "HTTP/2: ENHANCE_YOUR_CALM: too many frames without a response"),
        ("unknown", "HTTP/2: ENHANCE_YOUR_CALM: too many frames without a response"),
        ("interim", "32 interim responses without a final one"),
        ("reset", "HTTP/2: stream reset by the server: INTERNAL_ERROR"),
        ("refuse", "HTTP/2: request refused by the server: REFUSED_STREAM"),
        ("goaway", "HTTP/2: request refused by the server: ENHANCE_YOUR_CALM: be calm"),
        ("push", "HTTP/2: PROTOCOL_ERROR: PUSH_PROMISE: push disabled"),
        ("zero", "HTTP/2: PROTOCOL_ERROR: DATA: stream_id == 0"),
        ("http1", "HTTP/2: the server does not speak HTTP/2: HTTP/1.1 400 Bad Request"),
        ("short", "connection closed by the server: reading the response"),
        ("nothing", "connection closed by the server: waiting for the response"),
        ("length", "HTTP/2: PROTOCOL_ERROR: in DATA"),
        ("connection", "HTTP/2: PROTOCOL_ERROR: Invalid HTTP header field was received"),
        ("endless", "the body is longer than 67108864 bytes"),
        ("escape", nil),
    ]

    static func port(of name: String) -> Int { 8201 + (behaviors.firstIndex { $0.name == name } ?? 0) }

    /// For Python; `begun` when it listens.
    static let script = """
        import socket, threading, time
        def frame(type, flags=0, stream=0, payload=b""):
            return len(payload).to_bytes(3, "big") + bytes([type, flags]) + stream.to_bytes(4, "big") + payload
        settings, ok, ping = frame(4), b"\\x88", frame(6, 0, 0, bytes(8))
        def endless(piece):
            while True: yield piece
        # A field of 4,000 bytes enters the table; each further byte repeats it.
        long = ok + b"\\x40\\x01x\\x7f\\xa1\\x1e" + b"a" * 4000
        bomb = frame(1, 0, 1, long) + frame(9, 4, 1, b"\\xbe" * 16000)
        def body():
            yield frame(1, 4, 1, ok)
            yield from endless(frame(0, 0, 1, bytes(16384)) * 64)
        answers = {
            "good": [frame(1, 4, 1, ok), frame(0, 1, 1, b"hello")],
            "continuation": [frame(1, 0, 1, ok)] + [frame(9, 0, 1)] * 100000,
            "bomb": [bomb],
            "bombs": [bomb] + [frame(1, 4, 1, b"\\x08\\x03103" + b"\\xbe" * 60) for _ in range(10000)],
            "ping": endless(ping * 1000),
            "settings": endless(settings * 1000),
            "empty": [frame(1, 4, 1, ok)] + [frame(0, 0, 1) * 1000] * 1000,
            "unknown": endless(frame(0x55, 0, 1, bytes(100)) * 100),
            "interim": [frame(1, 4, 1, b"\\x08\\x03103") * 100] * 1000,
            "reset": [frame(3, 0, 1, b"\\0\\0\\0\\2")],
            "refuse": [frame(3, 0, 1, b"\\0\\0\\0\\7")],
            "goaway": [frame(7, 0, 0, b"\\0\\0\\0\\0\\0\\0\\0\\x0bbe calm")],
            "push": [frame(5, 4, 1, b"\\0\\0\\0\\2" + b"\\x82\\x86\\x84\\x41\\x01a")],
            "endless": body(),
            "zero": [frame(0, 0, 0, b"x")],
            "short": [frame(1, 4, 1, ok), frame(0, 0, 1, b"x")],
            "nothing": [],
            "length": [frame(1, 4, 1, ok + b"\\x0f\\x0d\\x015"), frame(0, 1, 1, b"hi")],
            "connection": [frame(1, 5, 1, ok + b"\\x00\\x0aconnection\\x05close")],
            "escape": [frame(1, 5, 1, ok + b"\\x0f\\x27\\x08\\x1b[31mred")],
        }
        def serve(c, way):
            c.settimeout(5)
            held = b""
            def read():
                nonlocal held
                piece = c.recv(65536)
                if not piece: raise OSError
                held += piece
            def frames():
                nonlocal held
                while True:
                    while len(held) < 9 or len(held) < 9 + int.from_bytes(held[:3], "big"): read()
                    end = 9 + int.from_bytes(held[:3], "big")
                    yield held[3], held[4], held[9:end]
                    held = held[end:]
            try:
                while len(held) < 24: read()
                if way == "http1":
                    c.sendall(b"HTTP/1.1 400 Bad Request\\r\\n\\r\\n")
                else:
                    held = held[24:]
                    c.sendall(settings)
                    for type, flags, payload in frames():
                        if type == 4: c.sendall(frame(4, 1) if not flags & 1 else b"")
                        if type == 4 and flags & 1: break
                    # The client has acknowledged SETTINGS: those that it sent before are valid.
                    for piece in answers[way]: c.sendall(piece)
                c.shutdown(socket.SHUT_WR)
                while c.recv(65536): pass
            except OSError: pass
            c.close()
        def listen(port, way):
            s = socket.create_server(("127.0.0.1", port), backlog=64)
            def accept():
                while True: threading.Thread(target=serve, args=(s.accept()[0], way), daemon=True).start()
            threading.Thread(target=accept, daemon=True).start()
        for number, way in enumerate("WAYS".split()): listen(8201 + number, way)
        print("begun", flush=True)
        time.sleep(100)
        """
        .replacing("WAYS", with: behaviors.map(\.name).joined(separator: " "))
}
