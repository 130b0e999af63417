import Testing

/// `host` among machines whose protocols are the kernel's.
@Suite("host in the lab")
struct UserHostTests {
    /// Sends bytes to a port while it reads what comes back, and compares the two.
    private static let mirror = """
        import hashlib, socket, sys, threading
        place, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        patience = int(sys.argv[4]) if len(sys.argv) > 4 else 50
        stream = socket.create_connection((place, port), timeout=patience)
        back, got = hashlib.sha256(), 0
        def read():
            global got
            while True:
                piece = stream.recv(65536)
                if not piece: break
                back.update(piece); got += len(piece)
        reader = threading.Thread(target=read); reader.start()
        there, block = hashlib.sha256(), bytes(range(256)) * 256
        for start in range(0, count, len(block)):
            piece = (start.to_bytes(8, "big") + block)[:min(len(block), count - start)]
            stream.sendall(piece); there.update(piece)
        stream.shutdown(socket.SHUT_WR); reader.join(patience)
        print("same" if got == count and there.digest() == back.digest() else f"{got} of {count}")
        """

    private func hosting(
        _ layout: Lab.Layout, _ arguments: String, in namespace: String = "b",
        _ body: @Sendable @escaping (Lab) async throws -> Void
    ) async throws {
        try await Lab.with(layout) { lab in
            try await lab.beside(
                namespace, [Binary.swiftNet, "host"] + arguments.split(separator: " ").map(String.init),
                readyMark: "the host is up"
            ) {
                try await body(lab)
            }
        }
    }

    private func shell(_ lab: Lab, _ script: String) async throws -> Lab.Outcome {
        try await lab.run("a", ["sh", "-c", script])
    }

    @Test(
        "echo in fragments, requests, a scan, datagrams and connections of the kernel's",
        arguments: [("192.0.2.50", 24, "192.0.2.1", 1_472), ("2001:db8::50", 64, "[2001:db8::1]", 1_452)])
    func services(address: String, length: Int, visitor: String, whole: Int) async throws {
        let arguments = "-I vb --address \(address)/\(length) --no-check --serve echo,discard,http -w 60"
        let host = address.contains(":") ? "[\(address)]" : address
        try await hosting(.pair, arguments) { lab in
            let ping = try await lab.ping("a", "-c 3 -i 0.1 -s 3000 \(address)")
            #expect(ping.output.contains("3 packets transmitted, 3 received, 0% packet loss"), "\(ping.output)")
            let page = try await lab.run(
                "a", [Binary.swiftNet, "http-probe", "-v", "--keep-alive", "http://\(host)/what"])
            #expect(page.output.contains("You are \(visitor):"), "\(page.output)")
            #expect(page.output.contains("GET /what HTTP/1.1"), "\(page.output)")
            let mirror = try await lab.run("a", ["python3", "-c", Self.mirror, address, "7", "100000000"])
            #expect(mirror.output == "same\n", "\(mirror.output) \(mirror.errors)")
            let scan = try await lab.run("a", [Binary.swiftNet, "tcp-syn-scan", "-p", "7,9,80,81", address])
            #expect(scan.output.contains("4 probes: 3 open, 1 closed, 0 filtered"), "\(scan.output)")
            // The longest that is not cut, one byte more, and many pieces.
            let datagrams = try await shell(
                lab,
                """
                python3 -c '
                import socket
                place = socket.getaddrinfo("\(address)", 7, type=socket.SOCK_DGRAM)[0]
                s = socket.socket(place[0], socket.SOCK_DGRAM); s.settimeout(5)
                for size in (1, \(whole), \(whole) + 1, 20000):
                    s.sendto(bytes([size % 251]) * size, place[4]); print(len(s.recv(65535)))
                s.connect(("\(address)", 1234)); s.send(b"x")
                try: s.recv(9)
                except ConnectionRefusedError: print("refused")
                '
                """)
            #expect(
                datagrams.output == "1\n\(whole)\n\(whole + 1)\n20000\nrefused\n",
                "\(datagrams.output) \(datagrams.errors)")
        }
    }

    @Test("more answers than fit into what may wait to be sent, to one who reads them late")
    func lateReader() async throws {
        try await hosting(.pair, "-I vb --address 192.0.2.50/24 --no-check --serve http -w 60") { lab in
            let pipeline = try await shell(
                lab,
                """
                python3 -c '
                import socket, time
                s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096); s.settimeout(20)
                s.connect(("192.0.2.50", 80))
                s.sendall(b"GET /one HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n" * 3000); s.shutdown(1); time.sleep(0.5)
                all = b""
                while piece := s.recv(65536): all += piece
                print(all.count(b"HTTP/1.1 200 OK"), all.count(b"GET /one"))
                '
                """)
            #expect(pipeline.output == "3000 3000\n", "\(pipeline.output) \(pipeline.errors)")
        }
    }

    @Test("an echo to all nodes is answered")
    func allNodes() async throws {
        try await hosting(.pair, "-I vb --address 2001:db8::50/64 --no-check -w 60") { lab in
            let all = try await lab.run("a", ["ping", "-c", "3", "-i", "0.2", "ff02::1%va"])
            // From an address as wide as that of who asked.
            let isThere = ["fe80::6:ff:fe00:50%va", "2001:db8::50"].contains { all.output.contains("from \($0)") }
            #expect(isThere, "\(all.output)")
        }
    }

    @Test("it tells machines of a file their addresses, and a querier its groups")
    func machinesAndGroups() async throws {
        let layout = Lab.Layout.pair.withFiles.and("echo '02:00:00:00:00:55 192.0.2.55' > /mnt/ethers")
        let arguments = "-I vb --address 192.0.2.50/24 --join 239.1.2.3 --no-check --ethers /mnt/ethers -w 60"
        try await hosting(layout, arguments) { lab in
            let reply = try await lab.run(
                "a", [Binary.swiftNet, "rarp", "query", "-I", "va", "-c", "1", "-w", "5", "02:00:00:00:00:55"])
            #expect(reply.status == 0 && reply.output.contains("192.0.2.55"), "\(reply.output) \(reply.errors)")
            let groups = try await lab.run(
                "a", [Binary.swiftNet, "igmp-query", "-I", "va", "--response", "1", "--listen", "0.1"])
            #expect(groups.output.contains("239.1.2.3"), "\(groups.output) \(groups.errors)")
        }
    }

    @Test("it reports its peers and their protocols, and ends at its deadline")
    func peers() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.beside(
                "a",
                ["sh", "-c", "while :; do \(Binary.swiftNet) ping -c 1 -W 1 192.0.2.50; done; echo"],
                readyMark: "PING"
            ) {
                try await lab.run(
                    "b",
                    [
                        Binary.swiftNet, "host", "-I", "vb", "--address", "192.0.2.50/24", "--no-check", "--json", "-w",
                        "3",
                    ])
            }
            #expect(outcome.status == 0)
            #expect(outcome.lines.first?.hasPrefix(#"{"type":"up","time":""#) == true, "\(outcome.output)")
            #expect(
                outcome.lines.contains {
                    $0.hasPrefix(#"{"type":"peer","addr":"192.0.2.1","mac":"#) && $0.contains(#""did":["arp","echo"]"#)
                }, "\(outcome.output)")
            #expect(outcome.lines.last?.hasPrefix(#"{"type":"summary","peers":1,"#) == true, "\(outcome.output)")
        }
    }

    @Test("an address of another host is not used", arguments: ["192.0.2.1/24", "2001:db8::1/64"])
    func taken(address: String) async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.run(
                "b", [Binary.swiftNet, "host", "-I", "vb", "--address", address, "-w", "20"])
            let taken = "\(address.prefix { $0 != "/" }) is used by another host, "
            #expect(outcome.status == 1 && outcome.output.contains(taken), "\(outcome.output)")
            #expect(!outcome.output.contains("the host is up"))
        }
    }

    @Test(
        "what it cannot do is refused with status 2",
        arguments: [
            ("", "--address ADDRESS/LENGTH is required"),
            ("example.test", "example.test: host takes no target (it runs a host and does not look up names)"),
            (
                "--address 192.0.2.1",
                "invalid value '192.0.2.1' for --address (expected ADDRESS/LENGTH or ADDRESS/LENGTH@INTERFACE)"
            ),
            ("--address 192.0.2.1/24 --forward -I a", "--forward requires -I for 2 interfaces or more"),
            (
                "--mac 01:00:5e:00:00:01",
                "invalid value '01:00:5e:00:00:01' for --mac (expected a unicast MAC address, or interface)"
            ),
            ("--serve echo,chess", "invalid value 'echo,chess' for --serve (expected echo, discard, http, iperf)"),
            (
                "--join 192.0.2.1",
                "invalid value '192.0.2.1' for --join (expected a multicast address, or ADDRESS@INTERFACE)"
            ),
            ("--gateway here", "invalid value 'here' for --gateway (expected an IP address)"),
            ("-w 0", "invalid value '0' for -w (expected 0.001 to 2147483 seconds)"),
        ])
    func refusals(arguments: String, message: String) async throws {
        let outcome = try await Lab.run([Binary.swiftNet, "host"] + arguments.split(separator: " ").map(String.init))
        #expect(outcome.status == 2 && outcome.errors == "host: \(message)\n" && outcome.output.isEmpty, "\(outcome)")
    }

    @Test("10 MB there and back through loss, jitter, duplicates and corruption at once, in 20 runs of 20")
    func badWire() async throws {
        // They wait more than they work: ten at a time are not much slower than one.
        for runs in [1...10, 11...20] {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for seed in runs { group.addTask { try await Self.mirrored(seed: seed) } }
                try await group.waitForAll()
            }
        }
    }

    private static func mirrored(seed: Int) async throws {
        try await Lab.with(.relayed) { lab in
            let faults = "--seed \(seed) --to datagrams drop=0.05 duplicate=0.02 corrupt=0.01 jitter:2=0.05"
            try await lab.relaying(faults) {
                try await lab.beside(
                    "b",
                    [
                        Binary.swiftNet, "host", "-I", "vb", "--address", "192.0.2.50/24", "--no-check", "--serve",
                        "echo", "-w", "170",
                    ],
                    readyMark: "the host is up"
                ) {
                    let mirror = try await lab.run(
                        "a", ["python3", "-c", Self.mirror, "192.0.2.50", "7", "10000000", "150"])
                    #expect(mirror.output == "same\n", "seed \(seed): \(mirror.output) \(mirror.errors)")
                }
            }
        }
    }
}
