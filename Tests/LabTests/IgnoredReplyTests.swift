import Testing

/// Replies that are no answers, from a raw socket, and what -v reports of them.
@Suite("ignored replies in the lab")
struct IgnoredReplyTests {
    /// Answers every ARP request for 192.0.2.9 from no station, and every RARP request by a group address.
    private static let responder = """
        import socket
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind(("vb", 3))
        us = bytes.fromhex("020000000066")
        print("ready", flush=True)
        while True:
            frame, address = s.recvfrom(2048)
            if address[2] == 4: continue
            asker = frame[6:12]
            if frame[12:22] == bytes.fromhex("08060001080006040001") and frame[38:42] == socket.inet_aton("192.0.2.9"):
                s.send((asker + us + bytes.fromhex("08060001080006040002") + bytes(6) + frame[38:42] + asker
                    + frame[28:32]).ljust(60, b"\\0"))
            if frame[12:22] == bytes.fromhex("80350001080006040003"):
                s.send((asker + us + bytes.fromhex("80350001080006040004") + us + socket.inet_aton("192.0.2.66")
                    + frame[32:38] + socket.inet_aton("239.1.1.1")).ljust(60, b"\\0"))
        """

    @Test(
        "-v reports them on standard error, with the reason, and without it nothing is said",
        arguments: [
            ("arping -c 2 -i 0.1 -w 1 -I va 192.0.2.9", "00:00:00:00:00:00 is not a valid station address"),
            (
                "arping --sweep 192.0.2.9 --retries 1 -w 0.2 -I va",
                "00:00:00:00:00:00 is not a valid station address"
            ),
            ("arping --style habets -c 1 -w 1 -i va 192.0.2.9", "00:00:00:00:00:00 is not a valid station address"),
            ("rarp query -c 2 -i 0.1 -I va", "239.1.1.1 is a group address"),
        ])
    func verbose(arguments: String, reason: String) async throws {
        try await Lab.with(.pair) { lab in
            try await lab.beside("b", ["python3", "-c", Self.responder], readyMark: "ready") {
                for isVerbose in [true, false] {
                    let outcome = try await lab.run(
                        "a",
                        [Binary.swiftNet] + arguments.split(separator: " ").map(String.init)
                            + (isVerbose ? ["-v"] : []))
                    let line = "ignored a reply from 02:00:00:00:00:66: \(reason)\n"
                    #expect(outcome.status == 1 && outcome.errors.contains(line) == isVerbose, "\(outcome)")
                }
            }
        }
    }
}
