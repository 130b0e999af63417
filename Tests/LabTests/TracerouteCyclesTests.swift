import Testing

/// `traceroute --report` and `--live` in the lab and in a terminal.
@Suite("traceroute --report and --live in the lab")
struct TracerouteCyclesTests {
    /// A line of a table without what differs from run to run: hop, host, loss and number.
    private func rows(_ outcome: Lab.Outcome) -> [[String]] {
        outcome.lines.filter { $0.contains(".|-- ") }.map { line in
            line.split(separator: " ").prefix(4).map { String($0).replacing("%", with: "") }
        }
    }

    @Test("the table of mtr -r, with its addresses and its losses")
    func report() async throws {
        guard await Peer.require(.mtr, .nft) else { return }
        try await Lab.with(.chain(hops: 5, silent: 3)) { lab in
            let ours = try await lab.traceroute("h0", "-n --report --cycles 4 --interval 0.1 198.18.5.2")
            let theirs = try await lab.run("h0", ["mtr", "-rn", "-c", "4", "-i", "0.1", "198.18.5.2"])
            #expect(ours.status == 0 && ours.errors.isEmpty, "\(ours)")
            #expect(
                self.rows(ours) == self.rows(theirs) && self.rows(ours).count == 5, "\(ours.output)\(theirs.output)")
            let heading = ours.lines[1].split(separator: " ").dropFirst(2)
            #expect(heading == ["Loss%", "Snt", "Last", "Avg", "Best", "Wrst", "StDev"])
            #expect(ours.lines.last == "hop 3 forwards packets but sends no replies")
            for method in ["I", "T"] {
                let other = try await lab.traceroute("h0", "-n\(method) --report --cycles 2 --interval 0.1 198.18.5.2")
                #expect(self.rows(other).map { $0[1] } == self.rows(ours).map { $0[1] }, "\(other.output)")
            }
            let json = try await lab.traceroute("h0", "-nj --report --cycles 2 --interval 0.1 198.18.5.2")
            #expect(json.objects("hop").map { $0["received"] } == ["2", "2", "0", "2", "2"], "\(json.output)")
            #expect(json.summary?["reached"] == "true")
        }
    }

    @Test("a router's refusal has the mark of a plain trace", arguments: [("unreachable", "!H"), ("prohibit", "!X")])
    func refusal(route: String, mark: String) async throws {
        try await Lab.with(.chain(hops: 3).and("ip -n h2 route add \(route) 198.18.99.0/24")) { lab in
            let cycles = "--cycles 2 --interval 0.1 198.18.99.1"
            let text = try await lab.traceroute("h0", "-n --report \(cycles)")
            #expect(text.status == 1 && text.lines[3].hasPrefix("  2.|-- 198.18.2.2 "), "\(text)")
            #expect(text.lines[3].hasSuffix(" \(mark)") && !text.lines[2].contains("!"), "\(text)")
            let csv = try await lab.traceroute("h0", "-n --report --csv \(cycles)")
            #expect(csv.lines[2].hasSuffix(",\(mark),"), "\(csv)")
            let screen = try await lab.inTerminal(
                "h0",
                """
                type_in '\(Binary.swiftNet) traceroute -n --live --interval 0.2 198.18.99.1'
                wait_for '2  198.18.2.2 \(mark) '; screen; t send-keys q; wait_for 'HOST:'
                """)
            #expect(screen.output.contains("2  198.18.2.2 \(mark) "), "\(screen)")
        }
    }

    @Test("the MTU that a router reports, as the mark of its hop")
    func reportedMTU() async throws {
        try await Lab.with(.routed) { lab in
            for method in ["-I", "-U"] {
                let arguments = "-nF \(method) --report --cycles 3 --interval 0.1 198.51.100.2 1450"
                let text = try await lab.traceroute("a", arguments)
                #expect(
                    text.lines[3].hasPrefix("  2.|-- 192.0.2.254 ") && text.lines[3].hasSuffix(" !F-1400"), "\(text)")
                let json = try await lab.traceroute("a", "-j " + arguments)
                #expect(json.output.contains(#""annotation":"!F-1400""#), "\(json)")
            }
        }
    }

    @Test("CSV: mtr's columns, in its order")
    func csv() async throws {
        guard await Peer.require(.mtr, .nft) else { return }
        try await Lab.with(.chain(hops: 4, silent: 2)) { lab in
            func table(_ outcome: Lab.Outcome) -> [[String: String]] {
                let rows = outcome.lines.map { line in
                    line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                }
                return rows.dropFirst().map { Dictionary(zip(rows[0], $0)) { first, _ in first } }
            }
            let arguments = "-n --report --csv --cycles 2 --interval 0.1 198.18.4.2"
            let outcome = try await lab.traceroute("h0", arguments)
            let ours = table(outcome)
            let theirs = table(try await lab.run("h0", ["mtr", "-rnC", "-c", "2", "-i", "0.1", "198.18.4.2"]))
            #expect(outcome.status == 0 && outcome.errors.isEmpty && ours.count == 4 && theirs.count == 4, "\(outcome)")
            #expect(
                outcome.lines[0]
                    == "Version,Start_Time,Status,Host,Hop,Ip,Loss%,Snt,Last,Avg,Best,Wrst,StDev,Name,Mark,Others")
            for (our, their) in zip(ours, theirs) {
                for column in ["Status", "Host", "Hop", "Ip", "Snt"] {
                    #expect(our[column] == their[column], "\(column): \(our) \(their)")
                }
                #expect(our["Loss%"].flatMap(Double.init) == their["Loss%"].flatMap(Double.init), "\(our) \(their)")
            }
            #expect(ours[1]["Ip"] == "???" && ours[1]["Loss%"] == "100.0" && ours[1]["Avg"] == "", "\(ours[1])")
            #expect(ours[0]["Best"].flatMap(Double.init).map { $0 > 0 && $0 < 100 } == true, "\(ours[0])")
            let closed = try await lab.run(
                "h0",
                ["env", "RA_SERVICE=1", "RA_SERVER=127.0.0.1", Binary.swiftNet, "traceroute"]
                    + ("-A " + arguments).split(separator: " ").map(String.init))
            #expect(closed.lines[0].contains(",Ip,Asn,Loss%,") && closed.lines[1].contains(",AS???,"), "\(closed)")
        }
    }

    @Test("long names: cut at the edge of a terminal, whole with --wide and in a pipe; in --live columns make room")
    func wide() async throws {
        let name = "a-router-with-a-long-name.of-a-long.domain.that-does-not-fit.example"
        let hosts = "printf '198.18.1.2 \(name)\\n' >/mnt/hosts; mount --bind /mnt/hosts /etc/hosts"
        try await Lab.with(Lab.Layout.chain(hops: 2).withFiles) { lab in
            let command = "\(Binary.swiftNet) traceroute --cycles 1 --interval 0.1"
            let piped = try await lab.run("h0", ["sh", "-c", "\(hosts); \(command) --report 198.18.2.2"])
            #expect(piped.status == 0 && piped.lines[2].contains("\(name) (198.18.1.2)  "), "\(piped)")
            let outcome = try await lab.inTerminal(
                "h0",
                """
                \(hosts)
                type_in '\(command) --report 198.18.2.2; echo cut'; wait_for '^cut'; screen; echo =====
                type_in 'clear; \(command) --report --wide 198.18.2.2; echo whole'; wait_for '^whole'; screen; echo =====
                type_in 'clear; \(Binary.swiftNet) traceroute --live --interval 0.2 198.18.2.2'
                wait_for 'cycle [2-9]'; wait_for 'Loss% .* StDev'; screen; echo =====
                t send-keys w; wait_for '\(name)'; screen; t send-keys q; wait_for 'HOST:'
                """)
            let parts = outcome.output.split(separator: "=====\n", omittingEmptySubsequences: false)
            try #require(parts.count == 4, "\(outcome)")
            #expect(parts[0].contains("\n  1.|-- a-router-with") && !parts[0].contains(name), "\(parts[0])")
            #expect(parts[0].contains("Loss%   Snt   Last   Avg  Best  Wrst StDev\n"), "\(parts[0])")
            #expect(parts[1].contains(name), "\(parts[1])")
            #expect(parts[2].contains("Loss%   Snt   Last   Avg  Best  Wrst StDev"), "\(parts[2])")
            // The name has 68 columns, with the hop and the gap 77: three of the seven columns fit in 100.
            #expect(parts[3].contains("\(name)    0.0%  ") && !parts[3].contains("Best"), "\(parts[3])")
            #expect(parts[3].contains("Loss%   Snt   Last\n"), "\(parts[3])")
        }
    }

    @Test("loss on a link is named, a router that limits its answers is not called loss")
    func loss() async throws {
        guard await Peer.require(.nft) else { return }
        // h3 loses 3 of every 10 packets on the way there, and as three of a cycle come to it
        // each hop loses as many; h2 answers five a second at the most.
        let layout = Lab.Layout.chain(hops: 5).and(
            """
            ip netns exec h3 nft add table ip t
            ip netns exec h3 nft add chain ip t p '{ type filter hook prerouting priority 0; }'
            ip netns exec h3 nft add rule ip t p iifname l3 numgen inc mod 10 '<' 3 drop
            ip netns exec h2 nft add table ip t
            ip netns exec h2 nft add chain ip t o '{ type filter hook output priority 0; }'
            ip netns exec h2 nft add rule ip t o icmp type time-exceeded limit rate over 5/second burst 3 packets drop
            """)
        try await Lab.with(layout) { lab in
            let outcome = try await lab.traceroute("h0", "-nj --report --cycles 100 --interval 0.05 198.18.5.2")
            let verdict = try #require(outcome.summary?.text.split(separator: #""verdict":"#).last)
            #expect(verdict.contains(#"{"kind":"rate-limited","ttl":2,"#), "\(verdict)")
            #expect(verdict.contains(#"{"kind":"loss","ttl":3,"#), "\(verdict)")
            #expect(verdict.ranges(of: "kind").count == 2, "\(verdict)")
        }
    }

    @Test(
        "a host with Linux's default limit of ICMP errors is no loss, by echo or by UDP", arguments: ["", " -U", " -T"])
    func defaultLimit(method: String) async throws {
        let layout = Lab.Layout.chain(hops: 1).and(
            "ip netns exec h1 sysctl -qw net.ipv4.icmp_ratelimit=1000 net.ipv4.icmp_ratemask=6168")
        try await Lab.with(layout) { lab in
            let outcome = try await lab.traceroute("h0", "-nj\(method) --report --cycles 40 --interval 0.05 198.18.1.2")
            #expect(outcome.status == 0 && outcome.summary?.text.contains(#""verdict":[],"#) == true, "\(outcome)")
            let received = outcome.objects("hop").first?["received"].flatMap { Int($0) } ?? 0
            #expect(method == " -U" ? received < 20 : received == 40, "\(outcome.output)")
        }
    }

    @Test("--live in a terminal: keys, another size, and the table that stays")
    func live() async throws {
        try await Lab.with(.chain(hops: 4)) { lab in
            let outcome = try await lab.inTerminal(
                "h0",
                """
                type_in '\(Binary.swiftNet) traceroute -n --live --interval 0.1 198.18.4.2'
                wait_for 'cycle [0-9]'; wait_for '4  198.18.4.2 .*[▁▂▃▄▅▆▇█]'
                screen; echo =====
                t send-keys g; wait_for ' ms[^a-z]*$'; wait_for '[⠁⠂⠄⡀⢀⣀⠈⠐⠠⠤⠒⠉⡄⢠⢄⡠⢸⡇⣄⣠⢀⣤⣶]'; t send-keys g
                t send-keys d; wait_for 'Hop  Host *$'; t send-keys j j; wait_for '>   3'; screen; echo =====
                t send-keys p; wait_for paused; t send-keys p; wait_for 'cycle'
                t resize-window -x 40 -y 6; wait_for '> *3'; screen; echo =====
                t resize-window -x 100 -y 20
                t send-keys q; wait_for 'HOST:'; screen; echo =====
                type_in 'stty -a'; wait_for 'isig icanon'; screen | grep -o ' [-]*icanon\\| [-]*echo '
                """)
            let parts = outcome.output.split(separator: "=====\n", omittingEmptySubsequences: false)
            try #require(parts.count == 5, "\(outcome)")
            #expect(parts[0].hasPrefix("traceroute to 198.18.4.2 (198.18.4.2)  cycle "), "\(parts[0])")
            #expect(parts[0].contains("Loss%   Snt   Last   Avg  Best  Wrst StDev"), "\(parts[0])")
            #expect(!parts[1].contains("Loss%") && parts[1].contains("hop 3: 198.18.3.2, p50 "), "\(parts[1])")
            let small = parts[2].split(separator: "\n")
            #expect(small.count <= 6 && small.allSatisfy { $0.count <= 40 }, "\(parts[2])")
            #expect(parts[3].contains("  4.|-- 198.18.4.2 "), "\(parts[3])")
            #expect(parts[4] == " icanon\n echo \n", "\(parts[4])")
        }
    }

    @Test("the terminal is given back whatever ends it", arguments: ["INT", "TERM", "HUP", "SEGV", "ABRT"])
    func restored(signal: String) async throws {
        try await Lab.with(.chain(hops: 2)) { lab in
            let outcome = try await lab.inTerminal(
                "h0",
                """
                type_in 'uname'; wait_for '^Linux'
                type_in '\(Binary.swiftNet) traceroute -n --live 198.18.2.2'
                wait_for 'cycle [0-9]'
                kill -\(signal) "$(program)"
                wait_for '^Linux'
                type_in 'stty -a'; wait_for 'isig icanon'; screen | grep -o ' [-]*icanon\\| [-]*echo '
                """)
            #expect(outcome.output == " icanon\n echo \n", "\(outcome.output)")
        }
    }

    @Test("Ctrl-Z gives the terminal back, fg takes it again; where there is none it is a report")
    func suspended() async throws {
        try await Lab.with(.chain(hops: 2)) { lab in
            let outcome = try await lab.inTerminal(
                "h0",
                """
                type_in 'bash --norc'; type_in '\(Binary.swiftNet) traceroute -n --live --interval 0.2 198.18.2.2'
                wait_for 'cycle [0-9]'
                t send-keys C-z; wait_for 'Stopped'
                type_in fg; wait_for 'cycle [0-9]'; wait_for 'q quit'; t send-keys q; wait_for 'HOST:'; echo good
                """)
            #expect(outcome.output == "good\n", "\(outcome.output)")
            let plain = try await lab.traceroute("h0", "-n --live --cycles 2 --interval 0.1 198.18.2.2")
            #expect(plain.status == 0 && self.rows(plain).count == 2 && !plain.output.contains("\u{1B}"))
        }
    }

    @Test(
        "what it cannot do is said, and exits 2",
        arguments: [
            ("--paths --mtu 192.0.2.1", "--mtu cannot be used with --paths"),
            ("--report --mtu -T 192.0.2.1", "--mtu cannot be used with -T"),
            ("--live -j 192.0.2.1", "-j cannot be used with --live"),
            ("--live --explain 192.0.2.1", "--explain cannot be used with --live"),
            ("--live --report 192.0.2.1", "--report cannot be used with --live"),
            ("--report -q 1 192.0.2.1", "-q cannot be used with --report"),
            ("--report -p 80 192.0.2.1", "-p requires -U or -T"),
            ("--report -w 1,2 192.0.2.1", "invalid value '1,2' for -w (expected MAX with --report)"),
            ("--report 127.0.0.1 127.0.0.2", "--report takes one target"),
            ("--report --cycles 0 192.0.2.1", "invalid value '0' for --cycles (expected 1 to 1000000)"),
            ("--csv 192.0.2.1", "--csv requires --report"),
            ("--report --csv -j 192.0.2.1", "--csv cannot be used with -j"),
            ("--wide 192.0.2.1", "--wide requires --report or --live"),
            ("--live --paths 192.0.2.1", "--paths cannot be used with --live"),
            ("--report --paths -I 192.0.2.1", "-I cannot be used with --report --paths"),
            ("--report --confidence 99 192.0.2.1", "--confidence requires --paths or --dot"),
            ("--cycles 3 192.0.2.1", "--cycles requires --report or --live"),
            ("--interval 3 192.0.2.1", "--interval requires --report or --live"),
        ])
    func refusals(arguments: String, message: String) async throws {
        let outcome = try await Lab.run(
            [Binary.swiftNet, "traceroute"] + arguments.split(separator: " ").map(String.init))
        #expect(outcome.status == 2 && outcome.errors == "traceroute: \(message)\n", "\(outcome)")
    }
}
