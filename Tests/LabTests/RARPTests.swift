import Testing

/// `rarp` on real links, beside Debian's rarpd and a raw client.
@Suite("rarp in the lab")
struct RARPTests {
    private static let us = "02:00:00:00:00:01"

    /// The pair with addresses that are known, and a file of machines.
    private static let layout = Lab.Layout.pair.and(
        """
        ip -n a link set dev va down; ip -n a link set dev va address \(us); ip -n a link set dev va up
        mount -t tmpfs none /mnt
        printf '%s\\n' '\(us) 192.0.2.1 # us' '02:00:00:00:00:07 192.0.2.7' '02:00:00:00:00:08 localhost' > /mnt/ethers
        """)

    private func query(_ lab: Lab, _ words: String) async throws -> Lab.Outcome {
        try await lab.run("a", [Binary.swiftNet, "rarp", "query"] + words.split(separator: " ").map(String.init))
    }

    @Test("our query against rarpd")
    func rarpd() async throws {
        guard await Peer.require(.rarpd) else { return }
        try await Lab.with(
            Self.layout.and(
                "mount --bind /mnt/ethers /etc/ethers || { touch /etc/ethers; mount --bind /mnt/ethers /etc/ethers; }")
        ) { lab in
            try await lab.beside("b", ["rarpd", "-d", "-v", "-e", "vb"], readyMark: "192.0.2.2") {
                let one = try await self.query(lab, "-j -i 0.3")
                let reply = try #require(one.objects("reply").first)
                #expect(reply["mac"] == Self.us && reply["addr"] == "192.0.2.1" && reply["server_addr"] == "192.0.2.2")
                #expect(one.status == 0 && one.summary?["servers"] == "1", "\(one)")
                let two = try await self.query(lab, "-j -f -i 0.2 -c 2 02:00:00:00:00:07 02:00:00:00:00:99")
                #expect(two.status == 1 && two.summary?["answered"] == "1", "\(two)")
                #expect(two.objects("timeout").count == 2, "\(two)")
            }
        }
    }

    @Test("our server: a query, a raw client, a name, a stranger, and another file after SIGHUP")
    func serve() async throws {
        try await Lab.with(Self.layout) { lab in
            // The process says its number, and leaves its log where it can be read.
            let script = "echo $$; exec \(Binary.swiftNet) rarp serve --ethers /mnt/ethers -v 2>&1 | tee /mnt/log"
            try await lab.beside("b", ["sh", "-c", script], readyMark: "Serving 3") {
                let all = try await self.query(
                    lab, "-j -f -i 0.3 -c 2 \(Self.us) 02:00:00:00:00:07 02:00:00:00:00:08 02:00:00:00:00:99")
                #expect(all.status == 1 && all.summary?["answered"] == "3", "\(all)")
                #expect(
                    all.objects("reply").map { $0["addr"] } == ["192.0.2.1", "192.0.2.7", "127.0.0.1"], "\(all)")
                let text = try await self.query(lab, "-i 0.2")
                #expect(text.lines.first?.hasPrefix("\(Self.us) is 192.0.2.1, says 192.0.2.2 [") == true, "\(text)")
                // It reads its file again.
                _ = try await lab.run(
                    "b",
                    [
                        "sh", "-c",
                        "echo '02:00:00:00:00:99 192.0.2.99' > /mnt/ethers; pkill -HUP -f 'rarp serve --ethers /mnt/ethers -v$'",
                    ])
                let later = try await self.query(lab, "-j -f -i 0.2 -c 5 02:00:00:00:00:99")
                #expect(later.status == 0 && later.objects("reply").first?["addr"] == "192.0.2.99", "\(later)")
                let gone = try await self.query(lab, "-j -c 1 -i 0.2 \(Self.us)")
                #expect(gone.status == 1, "\(gone)")
                let log = try await lab.run("b", ["cat", "/mnt/log"]).output
                #expect(log.contains("02:00:00:00:00:07 is 192.0.2.7, asked by \(Self.us)"), "\(log)")
                #expect(
                    log.contains("02:00:00:00:00:99 is not known") && log.contains("Serving 1 machines now"), "\(log)")
            }
        }
    }

    @Test("words that mean nothing end with status 2 and say why")
    func usage() async throws {
        for (words, part) in [
            ("query nonsense", "'nonsense' is no machine's"), ("query --ethers x", "--ethers is of 'rarp serve'"),
            ("serve -c 3", "-c is of 'rarp query'"), ("dance", "'dance' is none of query and serve"),
            ("serve --ethers /nonexistent", "/nonexistent"),
            ("query -I nonexistent0", "'nonexistent0' is no interface"),
            ("query -i soon", "-i: 'soon' is not a duration"),
        ] {
            let outcome = try await Lab.run([Binary.swiftNet, "rarp"] + words.split(separator: " ").map(String.init))
            #expect(outcome.status == 2 && outcome.errors.contains(part), "\(words): \(outcome)")
        }
    }
}
