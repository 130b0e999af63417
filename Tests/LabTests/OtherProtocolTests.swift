import Testing

/// What answers on a port of the web and does not speak HTTP.
@Suite("other protocols in the lab")
struct OtherProtocolTests {
    /// What each port says, whether it waits for a request first, and what becomes of the connection then.
    private struct Row {
        let port: Int
        let bytes: String
        let message: String
        var then = "wait"
    }

    private static let rows = [
        Row(port: 7001, bytes: #"b"SSH-2.0-OpenSSH_9.2\r\n""#, message: "not HTTP: SSH-2.0-OpenSSH_9.2 (SSH)"),
        Row(
            port: 7002, bytes: #"b"SSH-2.0-OpenSSH_9.2\r\n""#, message: "not HTTP: SSH-2.0-OpenSSH_9.2 (SSH)",
            then: "reset"),
        Row(port: 7003, bytes: #"b"220 mail.example ESMTP\r\n""#, message: "not HTTP: 220 mail.example ESMTP (SMTP)"),
        Row(
            port: 7004, bytes: #"b"ICY 200 OK\r\nicy-name:x\r\n\r\n" + b"x" * 100000"#, message: "not HTTP: ICY 200 OK"),
        Row(
            port: 7005, bytes: #"bytes([0,0,6,4,0,0,0,0,0, 0,3,0,0,0,100])"#,
            message: #"not HTTP: \x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00d (HTTP/2)"#),
        Row(port: 7006, bytes: #"bytes([21,3,1,0,2,2,70])"#, message: #"not HTTP: \x15\x03\x01\x00\x02\x02F (TLS)"#),
        Row(port: 7007, bytes: #"b"\x1b[31mred\x07\r\n""#, message: #"not HTTP: \x1b[31mred\x07\r\n"#, then: "close"),
        Row(
            port: 7008, bytes: #"b"RTSP/1.0 400 Bad Request\r\n\r\n""#,
            message: "not HTTP: RTSP/1.0 400 Bad Request (RTSP)"),
        Row(port: 7009, bytes: #"b"<html>hello"# + "\"", message: "not HTTP: <html>hello", then: "close"),
        Row(port: 7010, bytes: #"b"+OK ready""#, message: "not HTTP: +OK ready (POP3)"),
        Row(port: 7011, bytes: #"b"\xff\xfe\xfd\n""#, message: #"not HTTP: \xff\xfe\xfd"#),
        Row(port: 7012, bytes: #"b"\r\n""#, message: "not HTTP: an empty line", then: "close"),
        Row(port: 7013, bytes: #"b"HTTP/1.1 whatever\r\n\r\n""#, message: "not HTTP: HTTP/1.1 whatever"),
    ]

    private static let script = """
        import socket, struct, threading, time
        def serve(c, data, then):
            try:
                c.sendall(data)
                if then == "reset":
                    time.sleep(0.05); c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif then == "wait":
                    c.settimeout(8)
                    while c.recv(65536): pass
                else: c.recv(65536)
            except OSError: pass
            c.close()
        def listen(port, data, then):
            for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                s = socket.create_server((host, port), family=family, backlog=64)
                def accept(s=s):
                    while True: threading.Thread(target=serve, args=(s.accept()[0], data, then), daemon=True).start()
                threading.Thread(target=accept, daemon=True).start()
        LISTENERS
        print("begun", flush=True)
        time.sleep(60)
        """
        .replacing(
            "LISTENERS", with: rows.map { "listen(\($0.port), \($0.bytes), \"\($0.then)\")" }.joined(separator: "\n"))

    @Test("the failure is of the protocol and quotes the first line, for both families, in text and JSON")
    func protocols() async throws {
        try await Lab.with(.pair) { lab in
            _ = try await lab.run("b", ["ip", "link", "set", "lo", "up"])
            try await lab.beside("b", ["timeout", "60", "python3", "-c", Self.script], readyMark: "begun") {
                for command in ["http-probe", "http-fingerprint"] {
                    for host in ["127.0.0.1", "[::1]"] {
                        let urls = Self.rows.map { "http://\(host):\($0.port)/" }
                        let text = try await lab.run("b", [Binary.swiftNet, command, "-w", "5"] + urls)
                        #expect(text.status == 1, "\(text.output)")
                        let json = try await lab.run("b", [Binary.swiftNet, command, "-w", "5", "-j"] + urls)
                        #expect(json.status == 1)
                        #expect(!text.output.contains("\u{1B}") && !json.output.contains("\u{1B}"))
                        for row in Self.rows {
                            let url = "http://\(host):\(row.port)/"
                            #expect(text.output.contains("\(url)  \(row.message)\n"), "\(row.port): \(text.output)")
                            let line =
                                json.output.split(separator: "\n").first { $0.contains(#""url":"\#(url)""#) } ?? ""
                            #expect(line.hasPrefix(#"{"type":"failure","url":"\#(url)""#), "\(row.port) \(line)")
                            let message = row.message.replacing(#"\"#, with: #"\\"#)
                            #expect(
                                line.contains(#""kind":"protocol","message":"\#(message)""#), "\(row.port) \(line)")
                        }
                    }
                }
            }
        }
    }
}
