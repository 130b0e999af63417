import Testing

/// `arping` of one host on real links: text, JSON, captures and the effect of options.
@Suite("arping in the lab")
struct ArpingTests {
    @Test("a host by its MAC address: with and without an entry in the neighbor table; the table; tagged probes")
    func station() async throws {
        try await Lab.with(.pair) { lab in
            let mac = String(try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output.dropLast())
            let named = try await lab.arping("-j -c 2 -i 0.1 -T 192.0.2.2 \(mac)")
            #expect(
                named.status == 0 && named.objects("reply").map { $0["addr"] } == ["192.0.2.2", "192.0.2.2"], "\(named)"
            )
            _ = try await lab.ping("a", "-c 1 192.0.2.2")
            let known = try await lab.arping("-c 1 -i 0.2 \(mac)")
            #expect(
                known.status == 0 && known.output.contains("Unicast reply from 192.0.2.2 [\(mac.uppercased())]"),
                "\(known)")
            let table = try await lab.arping("--table -j 192.0.2.2")
            let neighbor = try #require(table.objects("neighbor").first)
            #expect(table.status == 0 && neighbor["mac"] == mac && neighbor["interface"] == "va", "\(table)")
            let all = try await lab.arping("--table -I va")
            #expect(all.lines.contains { $0.hasPrefix("192.0.2.2  \(mac)  va  ") }, "\(all)")
            #expect(try await lab.arping("--table 192.0.2.99").status == 1)
            // What leaves is what tcpdump reads on the other side.
            if await Peer.require(.tcpdump) {
                let script = """
                    timeout 10 tcpdump -c 1 -lnei vb vlan > /tmp/swift-net-vlan-\(lab.id) 2>&1 & P=$!
                    until grep -q listening /tmp/swift-net-vlan-\(lab.id); do sleep 0.02; done
                    ip netns exec a \(Binary.swiftNet) arping --style habets -q -c 1 -V 7 -Q 3 -W 0.1 192.0.2.2
                    wait $P; cat /tmp/swift-net-vlan-\(lab.id); rm -f /tmp/swift-net-vlan-\(lab.id)
                    """
                let seen = try await lab.run("b", ["sh", "-c", script])
                #expect(seen.output.contains("vlan 7, p 3, ethertype ARP"), "\(seen)")
            }
            let forged = try await lab.arping("--style habets -i va -s \(mac) -c 1 192.0.2.2")
            #expect(forged.status == 2 && forged.errors.contains("is not the MAC address of va"), "\(forged)")
        }
    }

    @Test("JSON; a link without an answer; RFC 5227's probe of an address that is taken and one that is free")
    func json() async throws {
        try await Lab.with(.pair) { lab in
            let answered = try await lab.arping("-j -c 1 192.0.2.2")
            let reply = try #require(answered.objects("reply").first)
            let mac = try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output
            #expect(
                reply["mac"].map { $0 + "\n" } == mac && reply["addr"] == "192.0.2.2" && reply["vendor"] == "null"
                    && reply["broadcast"] == "false")
            #expect(answered.summary?["hosts"] == "1" && answered.summary?["duplicates"] == "0" && answered.status == 0)
            let silent = try await lab.arping("-j -c 1 -i 0.1 192.0.2.9")
            #expect(silent.status == 1 && silent.objects("timeout").count == 1 && silent.summary?["received"] == "0")
            let taken = try await lab.arping("--probe 192.0.2.2")
            #expect(taken.status == 1 && taken.lines.last == "192.0.2.2 is taken by \(mac.dropLast())", "\(taken)")
            let free = try await lab.arping("-j -I va --probe 192.0.2.9")
            #expect(free.status == 0 && free.summary?["transmitted"] == "3", "\(free)")
            // Two gaps of one second at least, and two seconds at the end.
            #expect(free.summary?.number("elapsed_ms").map { $0 >= 4_000 } == true, "\(free)")
            // Their cache learns who we say we are.
            _ = try await lab.run("a", ["ip", "addr", "add", "192.0.2.77/24", "dev", "va"])
            _ = try await lab.run("b", ["sysctl", "-qw", "net.ipv4.conf.vb.arp_accept=1"])
            let announced = try await lab.arping("-I va --announce 192.0.2.77 -c 1")
            let cache = try await lab.run("b", ["ip", "neigh", "show", "192.0.2.77"])
            #expect(announced.status == 0 && cache.output.contains("lladdr"), "\(announced)\(cache)")
        }
    }

    @Test("--pcap keeps the conversation; a tag that the kernel takes out is put back in")
    func frames() async throws {
        try await Lab.with(.pair) { lab in
            let file = "/tmp/swift-net-arping-\(lab.id).pcapng"
            let outcome = try await lab.run(
                "a", [Binary.swiftNet, "arping", "-q", "-c", "2", "-i", "0.1", "--pcap", file, "192.0.2.2"])
            let decoded = try await Lab.run([Binary.swiftNet, "decode", file])
            _ = try await Lab.run(["rm", "-f", file])
            #expect(outcome.status == 0 && outcome.output.isEmpty && decoded.lines.count == 4, "\(decoded.output)")
            // A reply with a tag, by a raw socket on the other side.
            let sender = """
                import socket, time
                s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(("vb", 0))
                mac = open("/sys/class/net/vb/address").read().strip().replace(":", "")
                print("ready", flush=True)
                target = bytes.fromhex(open("/tmp/swift-net-mac-\(lab.id)").read().strip().replace(":", ""))
                while True:
                    s.send(target + bytes.fromhex(mac) + bytes.fromhex("81000007" "0806" "0001080006040002" + mac)
                        + socket.inet_aton("192.0.2.9") + target + socket.inet_aton("192.0.2.1") + bytes(18))
                    time.sleep(0.1)
                """
            _ = try await lab.run("a", ["sh", "-c", "cat /sys/class/net/va/address > /tmp/swift-net-mac-\(lab.id)"])
            try await lab.beside("b", ["python3", "-c", sender], readyMark: "ready") {
                let tagged = try await lab.run(
                    "a", [Binary.swiftNet, "arping", "--vlan", "7", "-f", "-w", "3", "--explain", "2", "192.0.2.9"])
                #expect(tagged.status == 0 && tagged.output.contains("vlan"), "\(tagged.output)")
            }
            _ = try await lab.run("a", ["rm", "-f", "/tmp/swift-net-mac-\(lab.id)"])
        }
    }

    @Test("options by their effect, in both styles")
    func effects() async throws {
        try await Lab.with(.pair.withFiles) { lab in
            let mac = String(try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output.dropLast())
            let own = String(try await lab.run("a", ["cat", "/sys/class/net/va/address"]).output.dropLast())
            for (arguments, part) in [
                ("-0 -c 1 -i 0.1 192.0.2.2", "from 0.0.0.0 va"), ("-S 192.0.2.1 -c 1 -W 0.1 192.0.2.2", "Received 1 "),
                ("-0 -s 192.0.2.1 -c 1 -i 0.1 192.0.2.2", "from 192.0.2.1 va"),
                ("-r -c 1 -i 0.1 192.0.2.2", "\(mac)\n"), ("-t \(mac) -c 1 -i 0.1 192.0.2.2", "(0 broadcast(s))"),
                ("--explain 1 -c 1 -i 0.1 192.0.2.2", "operation"),
                ("--style iputils -c 1 -i 0.1 192.0.2.2", "Sent 1 probes"),
                ("--style habets -b -c 1 -W 0.1 --explain 1 192.0.2.2", "255.255.255.255"),
                ("--style habets -B -i va -c 1 -W 0.1", "ARPING 255.255.255.255\n"),
                ("--style habets -s \(own) -i va -c 1 -W 0.1 192.0.2.2", "1 packets received"),
                ("--style habets -v -c 1 -W 0.1 192.0.2.2", "This box:   Interface: va  IP: 192.0.2.1 "),
                ("--style habets -A -F -p -z -Z -m x -g y -c 1 -W 0.1 192.0.2.2", "1 packets received"),
                ("--style habets --pcap /mnt/p -w 0.2 192.0.2.2", "1 packets transmitted"),
            ] {
                let outcome = try await lab.run(
                    "a", [Binary.swiftNet, "arping"] + arguments.split(separator: " ").map(String.init))
                #expect(outcome.output.contains(part) && outcome.errors.isEmpty, "\(arguments): \(outcome)")
            }
            let decoded = try await lab.run("a", [Binary.swiftNet, "decode", "/mnt/p"])
            #expect(decoded.lines.count == 2, "\(decoded)")
        }
    }

    @Test("every JSON object has its time, and --table its neighbors")
    func times() async throws {
        try await Lab.with(.pair) { lab in
            _ = try await lab.ping("a", "-c 1 192.0.2.2")
            for arguments in [
                "-c 1 192.0.2.2", "-c 1 -i 0.1 192.0.2.9", "--sweep 192.0.2.0/29 -w 0.1", "--table",
                "--style habets -c 1 -W 0.1 192.0.2.9",
            ] {
                let outcome = try await lab.run(
                    "a", [Binary.swiftNet, "arping", "-j"] + arguments.split(separator: " ").map(String.init))
                #expect(outcome.lines.count >= 2, "\(outcome)")
                #expect(outcome.lines.allSatisfy { $0.contains(#","time":""#) && $0.hasSuffix("Z\"}") }, "\(outcome)")
            }
        }
    }
}
