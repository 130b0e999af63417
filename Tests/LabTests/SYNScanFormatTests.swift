import Testing

/// The reports of `tcp-syn-scan`: who reads them, and under which names hosts are in them.
@Suite("reports of tcp-syn-scan in the lab")
struct SYNScanFormatTests {
    private func with(_ body: @Sendable @escaping (Lab) async throws -> Void) async throws {
        try await Lab.with(Lab.Layout.everybody.withFiles) { lab in
            try await lab.listening([22, 80]) { try await body(lab) }
        }
    }

    /// Runs a script in `a` with `scan OPTION...` for the command and names for hosts, in an empty folder.
    private func run(_ lab: Lab, _ script: String) async throws -> Lab.Outcome {
        let names = #"198.18.0.1 one.lab.test\n198.18.0.2 two.lab.test\n2001:db8:18::1 six.lab.test\n"#
        return try await lab.run(
            "a",
            [
                "unshare", "-m", "bash", "-c",
                """
                mount -t tmpfs none /mnt; cd /mnt; printf '\(names)' > hosts; mount --bind hosts /etc/hosts
                \(script.replacing("scan ", with: "\(Binary.swiftNet) tcp-syn-scan "))
                """,
            ])
    }

    @Test("nmap's -oN, -oG, -oX and -oA write files beside the normal report, and - is standard output")
    func nmapOptions() async throws {
        try await with { lab in
            let outcome = try await run(
                lab,
                """
                scan -oN n -oG g -oX x -oA all -Pn --open --reason -n 198.18.0.1 198.18.0.2 -p 80 -q; ls -m n g x all*
                cat g; cat all.gnmap; head -n 2 x; cut -d' ' -f1 n
                scan -oG - -q 198.18.0.1 -p 80; scan -oX - 198.18.0.1 -p 80 | tail -n 1; scan -q --format list -o - 198.18.0.1 -p 80
                scan -q -oX x --format json 198.18.0.1 -p 80 | grep -c '^{"type":"port","target"'
                """)
            let lines = outcome.lines.map(String.init)
            try #require(lines.count == 15, "\(outcome)")
            #expect(lines[..<2].allSatisfy { $0.contains("80/tcp     open      -  ") }, "\(outcome)")
            #expect(lines[2] == "all.gnmap, all.nmap, all.xml, g, n, x")
            let hosts = [
                "Host: 198.18.0.1 ()\tPorts: 80/open/tcp/////", "Host: 198.18.0.2 ()\tPorts: 80/open/tcp/////",
            ]
            #expect(Set(lines[3..<5]) == Set(hosts) && Set(lines[5..<7]) == Set(hosts), "\(outcome)")
            #expect(lines[7] == #"<?xml version="1.0" encoding="UTF-8"?>"# && lines[8] == "<!DOCTYPE nmaprun>")
            #expect(Set(lines[9..<11]) == ["198.18.0.1", "198.18.0.2"], "\(outcome)")
            #expect(lines[11] == "Host: 198.18.0.1 ()\tPorts: 80/open/tcp//http///", "\(outcome)")
            #expect(lines[12] == "</nmaprun>" && lines[13] == "198.18.0.1:80" && lines[14] == "1")
        }
    }

    @Test("a host has the name that was typed, in every format; --names finds that of an address")
    func names() async throws {
        try await with { lab in
            let outcome = try await run(
                lab,
                """
                for f in text csv grepable json list; do scan -q --format $f one.lab.test six.lab.test -p 80 --sort; done
                scan -q --names 198.18.0.2 -p 22,80 --sort
                scan -j --names 198.18.0.2 -p 80 | grep -o '"name":"[^"]*"'
                scan --names --format csv 198.18.0.2 -p 80 | cut -d, -f12-13
                """)
            let lines = outcome.lines.map(String.init)
            try #require(lines.count == 16, "\(outcome)")
            #expect(lines[0].hasPrefix("198.18.0.1 ") && lines[0].hasSuffix(" ms  one.lab.test"), "\(outcome)")
            #expect(lines[1].hasPrefix("2001:db8:18::1 ") && lines[1].hasSuffix(" ms  six.lab.test"), "\(outcome)")
            #expect(
                lines[3].hasSuffix(",true,one.lab.test,,,") && lines[4].hasSuffix(",true,six.lab.test,,,"), "\(outcome)"
            )
            #expect(lines[5].hasPrefix("Host: 198.18.0.1 (one.lab.test)\tPorts: 80/open"), "\(outcome)")
            #expect(
                JSONLine(text: lines[7])["target"] == "one.lab.test" && JSONLine(text: lines[7])["addr"] == "198.18.0.1"
            )
            #expect(lines[9...10] == ["one.lab.test:80", "six.lab.test:80"], "\(outcome)")
            #expect(
                lines[11...12].allSatisfy { $0.hasPrefix("198.18.0.2 ") && $0.hasSuffix("  two.lab.test") },
                "\(outcome)")
            #expect(
                lines[13...] == [#""name":"two.lab.test""#, "target,name", "198.18.0.2,two.lab.test"], "\(outcome)")
        }
    }

    @Test("XML is read by a program made for nmap's, with every port of a host in one element")
    func xml() async throws {
        guard await Peer.require(.libnmap) else { return }
        try await with { lab in
            let outcome = try await run(
                lab,
                """
                scan -oX x --all --names one.lab.test 198.18.0.2 2001:db8:18::9 -p 22,80,81 > /dev/null
                cat > read.py <<END
                from libnmap.parser import NmapParser
                report = NmapParser.parse_fromfile("x")
                print(report.scan_type, report.hosts_up, report.hosts_total, report.numservices)
                for host in report.hosts:
                    print(host.address, host.is_up(), ",".join(host.hostnames), host.get_ports(), host.get_open_ports())
                    print([(s.port, s.state, s.reason, s.reason_ttl, s.service) for s in host.services])
                END
                \(Peer.withPyPI) python3 read.py
                """)
            #expect(
                outcome.output == """
                    syn 3 3 3
                    198.18.0.1 True one.lab.test,one.lab.test [(22, 'tcp'), (80, 'tcp'), (81, 'tcp')] [(22, 'tcp'), (80, 'tcp')]
                    [(22, 'open', 'syn-ack', '64', 'ssh'), (80, 'open', 'syn-ack', '64', 'http'), (81, 'closed', 'reset', '64', '')]
                    198.18.0.2 True two.lab.test [(22, 'tcp'), (80, 'tcp'), (81, 'tcp')] [(22, 'tcp'), (80, 'tcp')]
                    [(22, 'open', 'syn-ack', '64', 'ssh'), (80, 'open', 'syn-ack', '64', 'http'), (81, 'closed', 'reset', '64', '')]
                    2001:db8:18::9 True  [(22, 'tcp'), (80, 'tcp'), (81, 'tcp')] [(22, 'tcp'), (80, 'tcp')]
                    [(22, 'open', 'syn-ack', '64', 'ssh'), (80, 'open', 'syn-ack', '64', 'http'), (81, 'closed', 'reset', '64', '')]

                    """, "\(outcome)")
        }
    }

    @Test("a list goes on to http-probe while the scan runs")
    func list() async throws {
        try await Lab.with(Lab.Layout.everybody) { lab in
            let server = "exec python3 -u -m http.server 80 --bind :: 2>&1"
            try await lab.beside("b", ["timeout", "60", "sh", "-c", server], readyMark: "Serving") {
                // The scan waits for its last, filtered port until the page is found.
                let outcome = try await lab.run(
                    "a",
                    [
                        "bash", "-c",
                        """
                        \(Binary.swiftNet) tcp-syn-scan 198.18.0.1 2001:db8:18::1 -p 80 --rate 1 --format list |
                            \(Binary.swiftNet) http-probe -j --targets - | grep -o '"url":"[^"]*","addr"'
                        """,
                    ])
                #expect(
                    Set(outcome.lines.map(String.init)) == [
                        #""url":"http://198.18.0.1:80/","addr""#, #""url":"http://[2001:db8:18::1]:80/","addr""#,
                    ], "\(outcome)")
            }
        }
    }

    @Test("the default ports and --top-ports are the most frequently open ones, without excluded ports")
    func ports() async throws {
        try await with { lab in
            let common = try await lab.scan("-j 198.18.0.1")
            #expect(common.summary?["ports"] == "100" && common.summary?["open"] == "2", "\(common)")
            let few = try await lab.scan("-j --all --top-ports 3 --exclude-ports 443 198.18.0.1")
            #expect(Set(few.objects("port").compactMap { $0["port"] }).isSuperset(of: ["80"]), "\(few)")
            #expect(few.summary?["ports"] == "2", "\(few)")
            let excluded = try await lab.scan("-q 198.18.0.1 -p 22,80 --exclude-ports ssh,81-90")
            #expect(excluded.lines.count == 1 && excluded.output.contains(" 80/tcp "), "\(excluded)")
        }
    }

    @Test("link-local targets of several links in one run, in brackets too; IPv4-mapped addresses are IPv4")
    func zones() async throws {
        let layout = Lab.Layout.pair.and(
            """
            ip netns add c; ip link add wa netns a type veth peer name wc netns c
            ip -n c link set lo up
            for n in "a va fe80::a" "a wa fe80::a" "b vb fe80::2" "c wc fe80::2"; do
                set -- $n; ip -n $1 link set $2 addrgenmode none up; ip -n $1 addr add $3/64 dev $2 nodad
            done
            """)
        try await Lab.with(layout) { lab in
            try await lab.listening([80]) {
                let list = try await lab.scan("--format list fe80::2%va [fe80::2%wa] ::ffff:192.0.2.2 -p 80,81")
                #expect(Set(list.lines) == ["[fe80::2%va]:80", "192.0.2.2:80"], "\(list)")
                let all = try await lab.scan("-q --all --sort -p 80 --targets -", input: "fe80::2%wa\nfe80::2%va\n")
                #expect(
                    all.lines.map { $0.split(separator: " ").prefix(3).joined(separator: " ") }.sorted()
                        == ["fe80::2%va 80/tcp open", "fe80::2%wa 80/tcp closed"], "\(all)")
                let json = try await lab.scan("-j -p 80 -I va fe80::2")
                let port = try #require(json.objects("port").first)
                #expect(port["addr"] == "fe80::2" && port["zone"] == "va" && port["target"] == "fe80::2%va", "\(json)")
                let excluded = try await lab.scan("-j --all -p 80 fe80::2%va fe80::2%wa --exclude fe80::2%va")
                #expect(excluded.objects("port").compactMap { $0["zone"] } == ["wa"], "\(excluded)")
                let own = try await lab.scan("-p 80 fe80::a%va")
                #expect(own.status == 2 && own.output.contains("fe80::a%va  unreachable: this host's own"), "\(own)")
            }
        }
    }

    @Test("a range over everything leaves out loopback; it is scanned when it is named itself")
    func everything() async throws {
        try await Lab.with(Lab.Layout.pair.and("ip -n a route del 198.18.0.0/15")) { lab in
            try await lab.listening([80]) {
                let all = try await lab.scan("-j --all -p 80 0.0.0.0/0")
                #expect(all.objects("port").compactMap { $0["addr"] }.sorted() == ["192.0.2.1", "192.0.2.2"], "\(all)")
                #expect(all.errors.contains("skipping 570490882 reserved addresses"), "\(all)")
                let named = try await lab.scan("-j --all -p 80 0.0.0.0/0 127.0.0.4-5 127.0.0.9")
                #expect(named.objects("port").count == 5, "\(named)")
            }
        }
    }
}
