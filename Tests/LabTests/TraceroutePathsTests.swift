import Testing

/// `traceroute --paths` through routers that balance by flow.
@Suite("traceroute --paths in the lab")
struct TraceroutePathsTests {
    /// Every link of a diamond, as the text of a JSON object.
    private func links(_ width: Int) -> Set<String> {
        let pairs = (1...width).flatMap { branch in
            [
                #""ttl":2,"from":"198.18.8.2","to":"198.18.\#(100 + branch).2""#,
                #""ttl":3,"from":"198.18.\#(100 + branch).2","to":"198.18.151.2""#,
            ]
        }
        return Set(pairs + [#""ttl":4,"from":"198.18.151.2","to":"198.18.9.2""#])
    }

    @Test("every branch and every link of a diamond", arguments: [2, 4, 16], ["", " -T"])
    func diamond(width: Int, method: String) async throws {
        try await Lab.with(.diamond(width)) { lab in
            let outcome = try await lab.traceroute("h", "-nj --paths --confidence 99.9\(method) 198.18.9.2")
            let found = outcome.objects("link").compactMap { link in
                link.text.dropFirst(#"{"type":"link","#.count).split(separator: #","time":"#).first.map(String.init)
            }
            #expect(outcome.status == 0 && Set(found) == self.links(width), "\(outcome.output)")
            #expect(outcome.objects("hop").count == 4)
            let summary = try #require(outcome.summary)
            #expect(summary["paths"] == "\(width)" && summary["confidence"] == "0.999")
            #expect(
                summary.text.contains(#""verdict":[{"kind":"balanced","ttl":2,"last_ttl":2}]"#), "\(summary.text)")
        }
    }

    @Test("lines, the graph, and what scamper finds")
    func lines() async throws {
        guard await Peer.require(.scamper) else { return }
        try await Lab.with(.diamond(4)) { lab in
            let text = try await lab.traceroute("h", "-n --paths --confidence 99.9% 198.18.9.2")
            #expect(text.status == 0 && text.lines.count == 9, "\(text.output)")
            #expect(text.lines.first == "paths to 198.18.9.2 (198.18.9.2), 30 hops max, 60 byte packets")
            let branches = text.lines[2...5].map { $0.split(separator: " ") }
            #expect(branches[0].first == "2" && branches[1...].allSatisfy { $0.count == 3 }, "\(text.output)")
            #expect(text.lines[6].hasPrefix(" 3  198.18.151.2  ") && text.lines[6].hasSuffix(" ms  <- all 4"))
            #expect(text.lines.last == "balanced between hops 1 and 3: several routers reply at one hop")
            let dot = try await lab.traceroute("h", "-n --dot --confidence 99.9 198.18.9.2")
            #expect(dot.status == 0 && dot.lines.first == "digraph paths {" && dot.lines.last == "}")
            #expect(dot.lines.filter { $0.contains(" -> ") }.count == 10, "\(dot.output)")
            let theirs = try await lab.run("h", ["scamper", "-I", "tracelb 198.18.9.2"])
            for branch in 1...4 where theirs.output.contains("198.18.\(100 + branch).2") {
                #expect(text.output.contains("198.18.\(100 + branch).2"), "\(theirs.output)")
            }
            #expect(theirs.output.contains("198.18.151.2"), "\(theirs.output)\(theirs.errors)")
        }
    }

    @Test("a plain trace keeps one flow and one path; without Paris the balancer is named")
    func oneFlow() async throws {
        try await Lab.with(.diamond(4)) { lab in
            let paris = try await lab.traceroute("h", "-n -q 10 198.18.9.2")
            #expect(paris.status == 0 && paris.lines.count == 5 && paris.lines[2].split(separator: " ").count == 22)
            let others = try await lab.traceroute("h", "-n -q 10 --no-paris 198.18.9.2")
            #expect(
                others.lines.last == "balanced between hops 1 and 3: several routers reply at one hop",
                "\(others.output)")
        }
    }

    @Test(
        "--report: each path has its own loss, of a dead branch and of one that loses packets", arguments: ["", " -T"])
    func lossPerPath(method: String) async throws {
        guard await Peer.require(.nft) else { return }
        let layout = Lab.Layout.diamond(3, dead: 2).and(
            """
            ip netns exec b3 nft add table ip t
            ip netns exec b3 nft add chain ip t f '{ type filter hook forward priority 0; }'
            ip netns exec b3 nft add rule ip t f ip daddr 198.18.9.2 numgen random mod 10 '<' 3 drop
            ip netns exec t sysctl -qw net.ipv4.icmp_ratelimit=0
            """)
        try await Lab.with(layout) { lab in
            let options = "--report --paths --confidence 99.99\(method) --interval 0.02"
            let outcome = try await lab.traceroute("h", "-nj \(options) --cycles 60 198.18.9.2")
            let hops = outcome.objects("hop")
            #expect(
                outcome.status == 0 && outcome.errors.isEmpty && hops.allSatisfy { $0["sent"] == "60" }, "\(outcome)")
            var losses: [[Double]] = []
            for branch in 1...3 {
                let path = hops.filter { $0["path"] == "\(branch)" }
                #expect(path.prefix(2).map { $0["addr"] } == ["198.18.8.2", "198.18.\(100 + branch).2"], "\(path)")
                losses.append(path.map { $0.number("loss_percent") ?? -1 })
                guard branch != 2 else { continue }
                #expect(path.dropFirst(2).map { $0["addr"] } == ["198.18.151.2", "198.18.9.2"], "\(path)")
            }
            #expect(losses[0] == [0, 0, 0, 0] && losses[1] == [0, 0, 100], "\(losses)")
            #expect(losses[2].count == 4 && losses[2][..<2] == [0, 0], "\(losses)")
            #expect(losses[2][2...].allSatisfy { (5..<60).contains($0) }, "\(losses)")
            let summary = try #require(outcome.summary)
            #expect(summary["paths"] == "3" && summary["confidence"] == "0.9999", "\(summary.text)")
            #expect(summary.text.contains(#"{"kind":"dead-branch","ttl":2,"addr":"198.18.102.2"}"#), "\(summary.text)")
            #expect(summary.text.contains(#"{"kind":"loss","ttl":3,"path":3,"loss_percent":"#), "\(summary.text)")
            #expect(summary.text.ranges(of: #""kind":"loss""#).count == 1, "\(summary.text)")
            let text = try await lab.traceroute("h", "-n \(options) --cycles 60 198.18.9.2")
            let parts = text.lines.filter { $0.hasPrefix("path ") }
            #expect(parts.prefix(3) == ["path 1 of 3", "path 2 of 3", "path 3 of 3"] && parts.count == 4, "\(text)")
            #expect(parts[3].hasPrefix("path 3: loss at the link to hop 3: "), "\(text)")
            #expect(text.output.contains("\n  3.|-- ???                       100.0%    60 "), "\(text)")
            #expect(text.output.contains("\ndead branch behind 198.18.102.2 at hop 2: "), "\(text)")
            let csv = try await lab.traceroute("h", "-n \(options) --csv --cycles 30 198.18.9.2")
            #expect(csv.lines[0].hasSuffix(",Others,Path") && csv.lines[1].hasSuffix(",,,,1"), "\(csv)")
            #expect(csv.lines.count == 12 && csv.lines[11].hasSuffix(",3"), "\(csv)")
        }
    }

    @Test("a branch that drops what it is to pass on: the working one is finished, the dead one named")
    func deadBranch() async throws {
        guard await Peer.require(.nft) else { return }
        try await Lab.with(.diamond(2, dead: 2)) { lab in
            // By the confidence of 95 %, one run in 128 sees one branch of the two.
            var complete = 0
            var incomplete = 0
            while complete < 6, incomplete < 3 {
                let outcome = try await lab.traceroute("h", "-nj --paths 198.18.9.2")
                let branches = outcome.objects("link").filter { $0["ttl"] == "2" }
                guard branches.count == 2 else {
                    incomplete += 1
                    continue
                }
                complete += 1
                #expect(outcome.status == 0 && outcome.objects("hop").count == 4, "\(outcome.output)")
                #expect(
                    outcome.summary?.text.contains(#"{"kind":"dead-branch","ttl":2,"addr":"198.18.102.2"}"#) == true,
                    "\(outcome.output)")
            }
            #expect(incomplete < 3)
        }
    }

    @Test("a first router without a route: one round trip")
    func refused() async throws {
        let layout = Lab.Layout.diamond(2).and(
            "ip -n r route del 198.18.9.0/24; ip netns exec r sysctl -qw net.ipv4.icmp_ratelimit=1000")
        try await Lab.with(layout) { lab in
            let json = try await lab.traceroute("h", "-nj --paths 198.18.9.2")
            #expect(json.status == 1 && json.objects("hop").map { $0["annotation"] } == ["!N"], "\(json.output)")
            // The first round's probes alone.
            #expect(json.summary?.number("sent").map { $0 <= 8 } == true, "\(json.output)")
        }
    }

    @Test(
        "what it cannot do is said, and exits 2",
        arguments: [
            ("--paths -I 192.0.2.1", "-I cannot be used with --paths"),
            ("--dot -M icmp 192.0.2.1", "-M icmp cannot be used with --dot"),
            ("--paths -e 192.0.2.1", "-e cannot be used with --paths"),
            ("--paths -T -O info 192.0.2.1", "-O info cannot be used with --paths"),
            ("--paths --no-paris 192.0.2.1", "--no-paris cannot be used with --paths"),
            ("--paths --mtu 192.0.2.1", "--mtu cannot be used with --paths"),
            (
                "--paths --confidence 100 192.0.2.1",
                "invalid value '100' for --confidence (expected a percentage from 50 to 99.999)"
            ),
            ("--confidence 95 192.0.2.1", "--confidence requires --paths or --dot"),
            ("--dot -j 192.0.2.1", "-j cannot be used with --dot"),
            ("--dot --explain 192.0.2.1", "--explain cannot be used with --dot"),
            ("--paths 127.0.0.1 127.0.0.2", "--paths takes one target"),
        ])
    func refusals(arguments: String, message: String) async throws {
        let outcome = try await Lab.run(
            [Binary.swiftNet, "traceroute"] + arguments.split(separator: " ").map(String.init))
        #expect(outcome.status == 2 && outcome.errors == "traceroute: \(message)\n", "\(outcome)")
    }
}
