import Testing

/// `arping` on real links, beside iputils' and Habets' own.
@Suite("arping beside its peers")
struct ArpingPeerTests {
    /// What an answer took is all that differs from run to run.
    private func masked(_ text: String) -> String { text.replacing(#/\] +[0-9]+\.[0-9]{3}ms/#, with: "] Tms") }

    @Test("iputils' lines and exit statuses")
    func lines() async {
        let cases = [
            "-c 2 -i 1 192.0.2.2", "-f 192.0.2.2", "-b -c 2 192.0.2.2", "-c 1 -w 2 192.0.2.9", "-c 2 -w 5 192.0.2.2",
            "-D -I va -c 2 192.0.2.2", "-D -I va -c 2 192.0.2.9", "-U -c 1 -I va 192.0.2.1", "-A -c 2 -I va 192.0.2.1",
            "-q -c 1 192.0.2.2", "-c 1 -I va -s 192.0.2.1 192.0.2.2",
        ]
        await together(cases) { arguments in
            guard await Peer.require(.arping) else { return }
            try await Lab.with(.pair) { lab in
                let list = arguments.split(separator: " ").map(String.init)
                let ours = try await lab.run("a", [Binary.swiftNet, "arping"] + list)
                let theirs = try await lab.run("a", ["arping"] + list)
                #expect(ours.status == theirs.status, "\(ours)\(theirs)")
                #expect(
                    self.masked(ours.output) == self.masked(theirs.output) && ours.errors.isEmpty, "\(ours)\(theirs)")
            }
        }
    }

    private func maskedHabets(_ text: String) -> String {
        text.replacing(#/time=[0-9.]+ [um]?sec/#, with: "time=T").replacing(#/= [0-9.]+/[0-9./]+ ms/#, with: "= T ms")
    }

    @Test("Habets' lines and exit statuses")
    func habets() async {
        let cases = [
            "-c 2 -W 0.2 192.0.2.2", "-c 2 -W 0.2 192.0.2.9", "-D -c 3 -W 0.1 192.0.2.2", "-D -c 3 -W 0.1 192.0.2.9",
            "-d -c 2 -W 0.2 192.0.2.2", "-r -c 1 192.0.2.2", "-R -c 1 192.0.2.2", "-r -R -c 1 192.0.2.2",
            "-q -c 1 192.0.2.2", "-q -c 1 -W 0.2 192.0.2.9", "-0 -c 1 192.0.2.2", "-u -c 2 -W 0.1 192.0.2.2",
            "-C 1 -c 5 192.0.2.2", "-S 192.0.2.1 -c 1 192.0.2.2", "-t MAC -c 1 192.0.2.2", "-U -i va -c 1 192.0.2.1",
            "-c 2 -W 0.1 -T 192.0.2.2 MAC", "-r -c 1 -T 192.0.2.2 MAC", "-r -R -c 1 -T 192.0.2.2 MAC",
            "-i va -c 1 -W 0.2 02:00:00:00:00:99", "-a -c 1 192.0.2.2", "-e -c 1 -W 0.1 192.0.2.9",
            "-a -D -e -c 1 192.0.2.2", "-a -D -e -c 1 -W 0.1 192.0.2.9", "-z -c 1 192.0.2.2",
        ]
        await together(cases) { arguments in
            guard await Peer.require(.habets) else { return }
            try await Lab.with(.pair) { lab in
                let mac = try await lab.run("b", ["cat", "/sys/class/net/vb/address"]).output.dropLast()
                let list = arguments.split(separator: " ").map { $0 == "MAC" ? String(mac) : String($0) }
                let ours = try await lab.run("a", [Binary.swiftNet, "arping", "--style", "habets"] + list)
                let theirs = try await lab.run("a", Peer.habetsArping + list)
                #expect(ours.status == theirs.status, "\(ours)\(theirs)")
                #expect(
                    self.maskedHabets(ours.output) == self.maskedHabets(theirs.output) && ours.errors.isEmpty,
                    "\(ours)\(theirs)")
            }
        }
    }
}
