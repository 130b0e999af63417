import Testing

/// `rarp` on real links, beside Debian's rarpd and a raw client.
@Suite("rarp in the lab")
struct RARPTests {
    private static let us = "02:00:00:00:00:01"

    /// The pair with addresses that are known, and an ethers file.
    private static let layout = Lab.Layout.pair.and(
        """
        ip -n a link set dev va down; ip -n a link set dev va address \(us); ip -n a link set dev va up
        mount -t tmpfs none /mnt
        printf '%s\\n' '\(us) 192.0.2.1 # us' '02:00:00:00:00:07 192.0.2.7' '02:00:00:00:00:08 named.lab.test' \
            '02:00:00:00:00:09 localhost' > /mnt/ethers
        printf '127.0.0.1 localhost\\n192.0.2.8 named.lab.test\\n' > /mnt/hosts; mount --bind /mnt/hosts /etc/hosts
        """)

    private func query(_ lab: Lab, _ arguments: String) async throws -> Lab.Outcome {
        try await lab.run(
            "a", [Binary.swiftNet, "rarp", "query"] + arguments.split(separator: " ").map(String.init))
    }

    /// Runs our server in `b` until `body` is over and SIGTERM ends it.
    /// - Returns: all that it printed.
    private func serving(
        _ lab: Lab, _ arguments: String = "", _ body: @Sendable @escaping () async throws -> Void
    ) async throws -> String {
        // The shell becomes the server: its number is the server's. `-w` ends it whatever happens.
        let script =
            "echo $$ > /mnt/pid; echo begun; exec \(Binary.swiftNet) rarp serve --ethers /mnt/ethers -v -w 60 \(arguments) > /mnt/log 2>&1"
        let log = try await lab.beside("b", ["sh", "-c", script], readyMark: "begun") {
            try await Self.wait(lab, for: "Serving 4")
            try await body()
            _ = try await lab.run("b", ["sh", "-c", "kill -TERM $(cat /mnt/pid)"])
            try await Self.wait(lab, for: " requests, ")
            return try await lab.run("b", ["cat", "/mnt/log"]).output
        }
        return log
    }

    /// Waits until the server's log has these words, at the longest five seconds.
    private static func wait(_ lab: Lab, for arguments: String) async throws {
        let script = "until grep -q '\(arguments)' /mnt/log; do sleep 0.02; done"
        let outcome = try await lab.run("b", ["timeout", "5", "sh", "-c", script])
        #expect(outcome.status == 0, "the log never said '\(arguments)'")
    }

    @Test("our query against rarpd")
    func rarpd() async throws {
        guard await Peer.require(.rarpd) else { return }
        // The lab's own copy of /etc: rarpd reads its file there and nowhere else.
        let layout = Self.layout.and(
            "cp -a /etc /mnt/etc 2>/dev/null || true; cp /mnt/ethers /mnt/etc/ethers; mount --bind /mnt/etc /etc")
        try await Lab.with(layout) { lab in
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

    @Test("the server: a query, a name, an unknown sender, and after SIGHUP another file and another interface")
    func serve() async throws {
        try await Lab.with(Self.layout) { lab in
            let log = try await self.serving(lab) {
                let others = ["07", "08", "09", "99"].map { "02:00:00:00:00:\($0)" }.joined(separator: " ")
                let all = try await self.query(lab, "-j -f -i 0.3 -c 2 \(Self.us) \(others)")
                #expect(all.status == 1 && all.summary?["answered"] == "3", "\(all)")
                // No host can have 127.0.0.1, whatever a server says.
                let addresses = Set(all.objects("reply").compactMap { $0["addr"] })
                #expect(addresses == ["192.0.2.1", "192.0.2.7", "192.0.2.8"], "\(all)")
                let text = try await self.query(lab, "-i 0.2")
                #expect(text.lines.first?.hasPrefix("\(Self.us) is 192.0.2.1, from 192.0.2.2 [") == true, "\(text)")
                let another = """
                    ip link add dev ua netns a type veth peer name ub netns b
                    ip -n a link set dev ua up; ip -n b link set dev ub up; ip -n b addr add 198.51.100.2/24 dev ub
                    echo '02:00:00:00:00:99 198.51.100.99' > /mnt/ethers; kill -HUP $(cat /mnt/pid)
                    """
                _ = try await lab.run("b", ["sh", "-c", another])
                try await Self.wait(lab, for: "Reloaded: serving 1 host")
                let later = try await self.query(lab, "-j -I ua -f -i 0.2 -c 5 02:00:00:00:00:99")
                let reply = later.objects("reply").first
                #expect(later.status == 0 && reply?["addr"] == "198.51.100.99", "\(later)")
                #expect(reply?["server_addr"] == "198.51.100.2", "\(later)")
                let gone = try await self.query(lab, "-j -I va -c 1 -i 0.2 \(Self.us)")
                #expect(gone.status == 1, "\(gone)")
            }
            #expect(log.contains("vb: 02:00:00:00:00:07 is 192.0.2.7, requested by \(Self.us)"), "\(log)")
            #expect(
                log.contains("02:00:00:00:00:99 is unknown") && log.contains("ub: 02:00:00:00:00:99 is"), "\(log)")
        }
    }

    @Test("-q, -w, --explain and --rate by their effect")
    func effects() async throws {
        try await Lab.with(Self.layout) { lab in
            let nothing = try await self.query(lab, "-w 0.2")
            #expect(nothing.status == 1 && nothing.lines.last?.hasPrefix("0 of 1 answered by 0 servers") == true)
            let log = try await self.serving(lab, "--rate 1") {
                let first = try await self.query(lab, "-f -c 1 --explain 1 \(Self.us)")
                #expect(first.status == 0 && first.output.contains("operation"), "\(first)")
                let second = try await self.query(lab, "-q -f -c 1 -i 0.2 \(Self.us)")
                #expect(second.status == 1 && second.output.isEmpty, "\(second)")
            }
            #expect(log.contains("\(Self.us) is rate-limited"), "\(log)")
            #expect(log.contains("2 requests, 1 answered, 0 for unknown hosts, 1 over the rate"), "\(log)")
        }
    }

    @Test("a raw client is answered, and tcpdump reads the answer in the server's capture")
    func client() async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await Lab.with(Self.layout) { lab in
            let log = try await self.serving(lab, "--pcap /mnt/p.pcapng") {
                // A packet socket and the bytes of RFC 903, with nothing of ours.
                let client = """
                    import socket
                    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x8035))
                    s.bind(("va", 0x8035)); s.settimeout(5)
                    us, other = bytes.fromhex("020000000001"), bytes.fromhex("020000000007")
                    head = b"\\xff" * 6 + us + bytes.fromhex("8035" "0001" "0800" "0604" "0003")
                    s.send((head + us + bytes(4) + other + bytes(4)).ljust(60, b"\\0"))
                    b = s.recv(2048)
                    print(b[:6].hex(), b[20:22].hex(), b[28:32].hex(), b[32:38].hex(), b[38:42].hex())
                    """
                let outcome = try await lab.run("a", ["timeout", "20", "python3", "-c", client])
                #expect(outcome.output == "020000000001 0004 c0000202 020000000007 c0000207\n", "\(outcome)")
            }
            #expect(log.contains("1 requests, 1 answered"), "\(log)")
            let dump = try await lab.run("b", ["tcpdump", "-nr", "/mnt/p.pcapng"])
            #expect(dump.output.contains("Reverse Request who-is 02:00:00:00:00:07 tell 02:00:00:00:00:01"), "\(dump)")
            #expect(dump.output.contains("Reverse Reply 02:00:00:00:00:07 at 192.0.2.7"), "\(dump)")
        }
    }

    @Test("an interface that does not exist")
    func interface() async throws {
        try await Lab.with(Self.layout) { lab in
            let outcome = try await self.query(lab, "-I nonesuch")
            let message = "rarp: -I: no such interface: nonesuch (have: lo, va)\n"
            #expect(outcome.status == 2 && outcome.errors == message, "\(outcome)")
        }
    }

    @Test("each action refuses the options of the other, and values that do not fit")
    func usage() async throws {
        for (arguments, part) in [
            ("", "no ACTION given (expected query or serve)"), ("-j", "no ACTION given (expected query or serve)"),
            ("dance", "unknown action 'dance' (expected query or serve)"),
            ("query nonsense", "nonsense: not the MAC address of one host"),
            ("query 01:00:5e:00:00:01", "01:00:5e:00:00:01: not the MAC address of one host"),
            ("serve 02:00:00:00:00:01", "02:00:00:00:00:01: serve takes its hosts from --ethers only"),
            ("query -I lo -I va", "-I may be given only once with query"),
            ("serve -c 3", "-c cannot be used with serve"), ("serve -i 1", "-i cannot be used with serve"),
            ("serve -f", "-f cannot be used with serve"),
            ("query --ethers x", "--ethers cannot be used with query"),
            ("query --rate 5", "--rate cannot be used with query"),
            ("serve --ethers /nonexistent", "--ethers: /nonexistent: No such file or directory"),
            ("serve --ethers /dev/null", "--ethers: /dev/null: not a regular file"),
            ("serve --ethers /", "--ethers: /: Is a directory"),
            ("serve --rate 0", "invalid value '0' for --rate (expected 1 to 100000)"),
            ("query -c 1001", "invalid value '1001' for -c (expected 1 to 1000)"),
            ("query -i soon", "invalid value 'soon' for -i (expected a duration such as 0.2, 200ms or 2s)"),
            ("query -w 0", "invalid value '0' for -w (expected 0.001 to 2147483 seconds)"),
        ] {
            let outcome = try await Lab.run(
                [Binary.swiftNet, "rarp"] + arguments.split(separator: " ").map(String.init))
            let errors = arguments == "-j" ? outcome.errors : outcome.errors + outcome.output
            #expect(outcome.status == 2 && errors == "rarp: \(part)\n", "\(arguments): \(outcome)")
        }
    }
}
