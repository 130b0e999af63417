/// A server that misbehaves, each way at a path of its own, and at every path of a port of its own.
enum HostileServer {
    /// The behaviors, in the order of their ports.
    static let behaviors = [
        "length", "chunk", "short", "escape", "interim", "nothing", "loop", "bomb", "good", "head", "fields", "drip",
        "nul",
        "reset",
    ]

    /// Where every path is answered in one way.
    static func port(of way: String) -> Int { 8101 + (behaviors.firstIndex(of: way) ?? 0) }

    /// For Python; `begun` when it listens, at port 8080 for all behaviors.
    static let script = """
        import gzip, socket, struct, threading, time
        answers = {
            b"/length": b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\nContent-Length: -1\\r\\n\\r\\nhello",
            b"/chunk": b"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nFFFFFFFFFFFFFFFFF\\r\\nx",
            b"/short": b"HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nabc",
            b"/escape": b"HTTP/1.1 200 OK\\r\\nServer: \\x1b[31mred\\r\\nExpires: 0\\r\\nContent-Length: 0\\r\\n\\r\\n",
            b"/interim": b"HTTP/1.1 100 Continue\\r\\n\\r\\n" * 100000,
            b"/nothing": b"",
            b"/loop": b"HTTP/1.1 302 Found\\r\\nLocation: /loop\\r\\nContent-Length: 0\\r\\n\\r\\n",
            b"/bomb": b"HTTP/1.1 200 OK\\r\\nContent-Encoding: gzip\\r\\n\\r\\n" + gzip.compress(bytes(300 << 20)),
            b"/good": b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello",
            b"/truncated": b"HTTP/1.1 200 OK\\r\\nContent-Encoding: gzip\\r\\n\\r\\n" + gzip.compress(b"hello")[:-9],
            b"/empty": b"HTTP/1.1 204 No Content\\r\\n\\r\\n",
            b"/missing": b"HTTP/1.1 404 Not Found\\r\\nContent-Length: 4\\r\\n\\r\\nnone",
            b"/moved": b"HTTP/1.1 302 Found\\r\\nLocation: /good\\r\\nContent-Length: 0\\r\\n\\r\\n",
            b"/many": b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n" + b"x\\r\\n" * 30 + b"\\r\\n",
            b"/other/good": b"HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nother",
            b"/nul": b"HTTP/1.1 200 O\\0K\\r\\nX: \\0\\r\\nContent-Length: 0\\r\\n\\r\\n",
            b"/reset": b"HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nabc",
        }
        def serve(c, way):
            try:
                way = way or c.recv(65536).split(b" ")[1]
                if way == b"/head":
                    c.sendall(b"HTTP/1.1 200 OK\\r\\n")
                    for _ in range(100 << 4): c.sendall(b"X: " + b"y" * 65536)
                elif way == b"/fields":
                    c.sendall(b"HTTP/1.1 200 OK\\r\\n")
                    for _ in range(1000): c.sendall(b"X: y\\r\\n" * 1000)
                elif way == b"/drip":
                    for _ in range(400): c.sendall(b"H" if _ == 0 else b"T"); time.sleep(0.05)
                else: c.sendall(answers[way])
                if way == b"/reset":
                    time.sleep(0.05)
                    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    c.shutdown(socket.SHUT_WR); c.recv(1)
            except OSError: pass
            c.close()
        def listen(port, way):
            s = socket.create_server(("127.0.0.1", port), backlog=64)
            def accept():
                while True: threading.Thread(target=serve, args=(s.accept()[0], way), daemon=True).start()
            threading.Thread(target=accept, daemon=True).start()
        listen(8080, None)
        for number, way in enumerate("WAYS".split()): listen(8101 + number, b"/" + way.encode())
        print("begun", flush=True)
        time.sleep(100)
        """
        .replacing("WAYS", with: behaviors.joined(separator: " "))

    /// Runs a command and says after its output how many kilobytes it had at the most; its exit status.
    static let measured = """
        import resource, subprocess, sys
        status = subprocess.run(sys.argv[1:]).returncode
        print("most", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        sys.exit(status)
        """

    /// What an attack may cost.
    static let memoryLimit = 64 << 10
}
