import Testing

/// A scripted adversary of raw segments against the host of our own, with Linux as the reference.
@Suite("an adversary of TCP in the lab")
struct UserHostAdversaryTests {
    /// Linux's TCP, with an echo.
    private static let echo = """
        import socket, threading
        listener = socket.create_server(("192.0.2.2", 7), backlog=64)
        print("begun", flush=True)
        def serve(stream):
            try:
                while piece := stream.recv(65536): stream.sendall(piece)
            except OSError: pass
            stream.close()
        while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    @Test("what a host of our own does in each case is what Linux does")
    func likeLinux() async throws {
        // What Linux sends is to have its checksums, and its own segments.
        let layout = Lab.Layout.pair.and("ip netns exec b ethtool -K vb tx off tso off gso off gro off > /dev/null")
        try await Lab.with(layout) { lab in
            @Sendable func attack(_ target: String) async throws -> Lab.Outcome {
                try await lab.run(
                    "a",
                    [
                        "timeout", "60", "python3", "\(Binary.repository)/Tests/LabTests/Adversary/adversary.py", "va",
                        target, "7",
                    ])
            }
            let theirs = try await lab.beside("b", ["timeout", "60", "python3", "-c", Self.echo], readyMark: "begun") {
                try await attack("192.0.2.2")
            }
            let arguments = "host -I vb --address 192.0.2.50/24 --no-check --serve echo -w 60".split(separator: " ")
            let ours = try await lab.beside(
                "b", [Binary.swiftNet] + arguments.map(String.init), readyMark: "the host is up"
            ) {
                try await attack("192.0.2.50")
            }
            #expect(theirs.lines.count == 26 && theirs.status == 0, "\(theirs.output) \(theirs.errors)")
            #expect(ours.lines.count == 26 && ours.status == 0, "\(ours.output) \(ours.errors)")
            for (our, their) in zip(ours.lines, theirs.lines) { #expect(our == their) }
        }
    }
}
