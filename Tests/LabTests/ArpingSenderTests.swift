import Testing

/// The sender addresses that `arping` takes.
@Suite("arping's sender addresses")
struct ArpingSenderTests {
    private static func arping(_ lab: Lab, _ arguments: String) async throws -> Lab.Outcome {
        try await lab.run("a", [Binary.swiftNet, "arping"] + arguments.split(separator: " ").map(String.init))
    }

    @Test("Habets' -S: an address that no host has is used; one of another host, or of none at all, is refused")
    func senders() async throws {
        try await Lab.with(.pair.withFiles) { lab in
            let mac = String(try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output.dropLast())
            _ = try await lab.run("b", ["ip", "addr", "add", "192.0.2.3/24", "dev", "vb"])
            // A network of `b` only, where it replies to the hosts of that network.
            _ = try await lab.run("b", ["ip", "addr", "add", "198.51.100.2/24", "dev", "vb"])
            for (sender, target) in [
                ("192.0.2.77", "192.0.2.2"), ("198.51.100.9", "198.51.100.2"), ("192.0.2.1", "192.0.2.2"),
            ] {
                let outcome = try await Self.arping(
                    lab, "--style habets -v -i va -S \(sender) -c 1 -W 0.5 --pcap /mnt/p \(target)")
                #expect(
                    outcome.status == 0 && outcome.output.contains("IP: \(sender) ")
                        && outcome.output.contains("1 packets received"), "\(outcome)")
                // The check of the address is no part of the run.
                let decoded = try await lab.run("a", [Binary.swiftNet, "decode", "/mnt/p"])
                #expect(
                    decoded.lines.count == 2 && decoded.lines[0].contains("tell \(sender)"), "\(decoded)")
            }
            for other in ["192.0.2.2", "192.0.2.3", "198.51.100.2"] {
                let outcome = try await Self.arping(lab, "--style habets -i va -S \(other) -c 1 192.0.2.2")
                #expect(
                    outcome.status == 2
                        && outcome.errors
                            == "arping: -S: \(other) is in use by \(mac), and would be redirected to this host\n",
                    "\(outcome)")
                let cache = try await lab.run("b", ["ip", "neigh", "show", other])
                #expect(cache.output.isEmpty, "\(cache)")
            }
            for (arguments, text) in [
                ("--style habets -i va -S 239.1.2.3 -c 1 192.0.2.2", "-S: 239.1.2.3: "),
                ("--style habets -i va -S 127.0.0.2 -c 1 192.0.2.2", "-S: 127.0.0.2: "),
                ("--style habets -i va -S 192.0.2.77 -c 1 \(mac)", "-S: 192.0.2.77: "),
                ("--style habets -i va -S 192.0.2.77 -U -c 1 192.0.2.1", "-S: 192.0.2.77: "),
                ("-I va -s 192.0.2.77 -c 1 192.0.2.2", "-s: 192.0.2.77: "),
                ("-I va -S 192.0.2.77 --sweep 192.0.2.0/28", "-s: 192.0.2.77: "),
            ] {
                let outcome = try await Self.arping(lab, arguments)
                #expect(
                    outcome.status == 2
                        && outcome.errors == "arping: \(text)Cannot assign requested address\n", "\(outcome)")
            }
        }
    }
}
