import Testing

/// Traces over wires with faults, and ways that are not the same there and back; the peers beside ours.
@Suite("traceroute over bad wires in the lab")
struct TracerouteWireTests {
    private func addresses(_ outcome: Lab.Outcome) -> [String?] {
        outcome.objects("hop").map { $0["addr"] }
    }

    @Test("every peer finds the same addresses by hop")
    func peers() async throws {
        guard await Peer.require(.traceroute, .mtr, .scamper, .tracepath) else { return }
        try await Lab.with(.chain(hops: 4)) { lab in
            let expected = (1...4).map { "198.18.\($0).2" }
            let ours = try await lab.traceroute("h0", "-nj -q 1 198.18.4.2")
            #expect(self.addresses(ours) == expected, "\(ours.output)")
            func second(_ command: [String], skipping: Int, _ index: Int = 1) async throws -> [String] {
                let outcome = try await lab.run("h0", command)
                return outcome.lines.dropFirst(skipping).map { $0.split(separator: " ") }
                    .filter { $0.count > index && $0[index].hasPrefix("198.18.") }.map { String($0[index]) }
            }
            let traceroute = try await second(["traceroute", "-n", "198.18.4.2"], skipping: 1)
            let mtr = try await second(["mtr", "-rn", "-c", "1", "198.18.4.2"], skipping: 2)
            let scamper = try await second(["scamper", "-I", "trace -P UDP-paris 198.18.4.2"], skipping: 1)
            let tracepath = try await second(["tracepath", "-n", "198.18.4.2"], skipping: 1)
            #expect(traceroute == expected && mtr == expected && scamper == expected, "\(traceroute) \(mtr) \(scamper)")
            // tracepath prints a hop again when it learns more of it.
            #expect(expected.allSatisfy { tracepath.contains($0) }, "\(tracepath)")
        }
    }

    @Test(
        "loss, duplicates, reordering and delay on a link: what is found is right",
        arguments: ["drop=0.05", "duplicate=0.5", "jitter:20=1", "delay:5=1 duplicate=0.3 jitter:8=0.5"],
        ["", " -I", " -T"])
    func faults(faults: String, method: String) async throws {
        try await Lab.with(.chain(hops: 4, relayed: 2)) { lab in
            let arguments =
                [Binary.relay, "x", "y", "--to", "datagrams", "--seed", "7"]
                + faults.split(separator: " ").map(String.init)
            try await lab.beside("w", arguments, readyMark: "ready") {
                let outcome = try await lab.traceroute("h0", "-nj\(method) 198.18.4.2")
                let found = self.addresses(outcome)
                #expect(outcome.status == 0, "\(outcome.output)")
                for (index, address) in found.enumerated() {
                    #expect(
                        address == "198.18.\(index + 1).2" || address == nil && faults.contains("drop"),
                        "\(outcome.output)")
                }
                #expect(found.count == 4, "\(outcome.output)")
                // A duplicate is no second answer: three probes of each hop.
                #expect(outcome.summary?.number("received").map { $0 <= 80 } == true, "\(outcome.output)")
                // Later than three times the first answer is too late.
                if !faults.contains("drop"), !faults.contains("jitter") {
                    #expect(!outcome.output.contains("timeout"), "\(outcome.output)")
                }
            }
        }
    }

    @Test("a router that answers from another of its interfaces, and a way back that is longer")
    func asymmetric() async throws {
        // What h3 sends home goes by way of d1, d2 and d3 to h0: a hop more than the way there.
        let layout = Lab.Layout.chain(hops: 3).and(
            """
            ip netns add d1; ip netns add d2; ip netns add d3
            before=h3; network=21
            for here in d1 d2 d3 h0; do
                ip link add to$here netns $before type veth peer name from$before netns $here
                ip -n $before addr add 198.18.$network.1/24 dev to$here; ip -n $before link set dev to$here up
                ip -n $here addr add 198.18.$network.2/24 dev from$before; ip -n $here link set dev from$before up
                ip -n $before route replace 198.18.1.0/24 via 198.18.$network.2
                before=$here; network=$((network + 1))
            done
            for n in h0 d1 d2 d3 h3; do
                ip netns exec $n sysctl -qw net.ipv4.ip_forward=1
                ip netns exec $n sh -c 'for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done'
            done
            """)
        try await Lab.with(layout) { lab in
            let outcome = try await lab.traceroute("h0", "-n --back 198.18.3.2")
            #expect(outcome.status == 0 && outcome.lines.count == 5, "\(outcome.output)")
            // The target answers as whom it was asked.
            #expect(outcome.lines[3].hasPrefix(" 3  198.18.3.2 '-4'  "), "\(outcome.output)")
            #expect(outcome.lines.last == "asymmetric from hop 3: 3 hops forward, about 4 back", "\(outcome.output)")
            let short = try await lab.traceroute("h0", "-nj -m 2 198.18.3.2")
            #expect(self.addresses(short) == ["198.18.1.2", "198.18.2.2"], "\(short.output)")
            // A trace that ends at h3 as a router: it answers from the side it sends by.
            let through = try await lab.traceroute("h0", "-nj -m 3 --gap 1 198.18.99.1")
            #expect(self.addresses(through).last == "198.18.21.1", "\(through.output)")
        }
    }
}
