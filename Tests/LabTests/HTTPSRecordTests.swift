import Testing

/// `http-probe --https-record`: HTTPS records from dnsmasq, and from a server whose records are malformed.
@Suite("HTTPS records")
struct HTTPSRecordTests {
    /// The record of a name for dnsmasq: its data in hexadecimal.
    private static func record(_ name: String, _ data: String) -> String {
        "--dns-rr=\(name),65,\(data.filter { $0 != " " })"
    }

    private static let dnsmasq =
        [
            "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root",
            "--group=root", "--log-facility=-", "--log-queries", "--bind-interfaces", "--local=/lab.test/",
            "--listen-address=192.0.2.2", "--pid-file=",
            "--host-record=web.lab.test,192.0.2.2", "--host-record=bare.lab.test,192.0.2.2",
            "--host-record=svc.lab.test,192.0.2.2", "--cname=www.lab.test,web.lab.test",
        ] + [
            // 1 . alpn=h3,h2 port=443 ipv4hint=192.0.2.2 ech=AAT+DQAA
            record(
                "web.lab.test",
                "0001 00 0001 0006 02683302 6832 0003 0002 01bb 0004 0004 c0000202 0005 0006 0004fe0d0000"),
            // 1 svc.lab.test alpn=h2,h3 ipv6hint=2001:db8::2 key667=hello
            record(
                "_8080._https.web.lab.test",
                "0001 03737663036c61620474657374 00 0001 0006 026832026833 0006 0010 20010db8000000000000000000000002"
                    + "029b 0005 68656c6c6f"),
            // 0 svc.lab.test, which has no record; 0 web.lab.test
            record("apex.lab.test", "0000 03737663036c61620474657374 00"),
            record("alias.lab.test", "0000 03776562036c61620474657374 00"),
        ]

    @Test("from dnsmasq: parameters, ports, aliases, CNAME, and names without a record")
    func server() async throws {
        guard await Peer.require(.dnsmasq) else { return }
        let layout = Lab.Layout.pair.and(
            """
            printf 'nameserver 192.0.2.2\\nsearch lab.test\\noptions timeout:1 attempts:1\\n' > /run/netns/resolv.conf
            mount --bind /run/netns/resolv.conf /etc/resolv.conf
            """)
        try await Lab.with(layout) { lab in
            try await lab.beside("b", Self.dnsmasq, readyMark: "started") {
                let server = ["python3", "-u", "-m", "http.server", "-b", "192.0.2.2", "-d", "/run/netns", "80"]
                try await lab.beside("b", server, readyMark: "Serving") { try await Self.check(lab) }
            }
        }
    }

    private static func probe(_ lab: Lab, _ arguments: String...) async throws -> Lab.Outcome {
        try await lab.run("a", [Binary.swiftNet, "http-probe", "--https-record"] + arguments)
    }

    private static func check(_ lab: Lab) async throws {
        let line = "  https record: 1 . alpn h3,h2 port 443 ipv4hint 192.0.2.2 ech\n"
        let found = try await probe(lab, "http://web.lab.test/")
        #expect(found.status == 0, "\(found)")
        #expect(found.output.contains(line + "  offers HTTP/3 on port 443 (HTTPS record)\n"), "\(found)")
        let searched = try await probe(lab, "http://web/")
        #expect(searched.status == 0 && searched.output.contains(line), "\(searched)")
        let named = try await probe(lab, "http://www.lab.test/")
        #expect(
            named.output.contains(line + "  offers HTTP/3 on port 443 of web.lab.test (HTTPS record)\n"), "\(named)")
        let port = try await probe(lab, "http://web.lab.test:8080/")
        #expect(port.status == 1, "\(port)")
        #expect(
            port.output.contains(
                "  https record: 1 svc.lab.test alpn h2,h3 ipv6hint 2001:db8::2 key667 hello\n"
                    + "  offers HTTP/3 on port 8080 of svc.lab.test (HTTPS record)\n"), "\(port)")
        let alias = try await probe(lab, "https://alias.lab.test/")
        #expect(alias.status == 2, "\(alias)")
        #expect(
            alias.output.contains(
                "  https record: 0 web.lab.test\n" + line
                    + "  offers HTTP/3 on port 443 of web.lab.test (HTTPS record)\n"), "\(alias)")
        let apex = try await probe(lab, "http://apex.lab.test/")
        #expect(
            apex.output.contains("  https record: 0 svc.lab.test\n  https record: none of svc.lab.test\n"), "\(apex)")
        for name in ["bare.lab.test", "nosuch.lab.test"] {
            let none = try await probe(lab, "http://\(name)/")
            #expect(none.output.contains("\n  https record: none\n"), "\(none)")
        }
        for url in ["http://192.0.2.2/", "http://localhost:9/"] {
            let unneeded = try await probe(lab, url)
            #expect(!unneeded.output.contains("https record: lookup"), "\(unneeded)")
        }
        let json = try await probe(lab, "-j", "http://web.lab.test/", "http://web.lab.test:8080/", "http://192.0.2.2/")
        #expect(
            json.output.contains(
                #""https_record":{"name":"web.lab.test","aliases":[],"records":[{"priority":1,"target":".","#
                    + #""alpn":["h3","h2"],"no_default_alpn":false,"port":443,"ipv4hint":["192.0.2.2"],"#
                    + #""ipv6hint":[],"ech":"AAT+DQAA","mandatory":[],"usable":true}],"#
                    + #""http3":[{"host":null,"port":443}],"message":null}"#), "\(json)")
        #expect(
            json.output.contains(
                #""name":"_8080._https.web.lab.test","aliases":[],"records":[{"priority":1,"target":"svc.lab.test","#
                    + #""alpn":["h2","h3"],"no_default_alpn":false,"port":null,"ipv4hint":[],"#
                    + #""ipv6hint":["2001:db8::2"],"ech":null,"mandatory":[],"other":{"key667":"hello"},"usable":true}],"#
                    + #""http3":[{"host":"svc.lab.test","port":8080}],"message":null}"#), "\(json)")
        let literal = json.lines.first { $0.contains(#""url":"http://192.0.2.2/""#) } ?? ""
        #expect(!literal.isEmpty && !literal.contains("https_record"), "\(json)")
    }

    /// The behavior of the records, and what is printed after `https record: `.
    private static let replies: [(behavior: String, lines: [String])] = [
        (
            "full",
            [
                "1 . alpn h3,h2 ipv4hint 192.0.2.2 ech", "2 other.test alpn h3,h2 port 8443",
            ]
        ),
        ("aliasroot", ["0 ."]), ("aliasodd", [#"0 e\027[31mvil\007\010\127\194\155.test"#, "the alias target is not"]),
        (
            "control",
            [#"1 e\027[31mvil\007\010\127\194\155.test alpn \027[2Jh key667 \027]0;x\007\194\155"#]
        ),
        ("mandatory", ["1 . mandatory key667 alpn h3,h2 key667 x  (not usable: mandatory key key667 is unknown)"]),
        ("inconsistent", ["1 . no-default-alpn  (not usable: no-default-alpn without alpn)"]),
        ("alias-8", (1...7).reversed().map { "0 svc-alias-\($0).test" } + ["0 svc-full.test", "1 . alpn h3,h2"]),
        ("alias-9", ["0 svc-alias-8.test", "more than 8 aliases"]), ("aliasloop", ["alias loop"]),
        // Malformed records.
        ("empty", ["malformed: dns: target at offset 2 needs 3 bytes, but has 2"]),
        ("cut", ["malformed: dns: target at offset 2"]), ("pointer", ["malformed: dns: target at offset 2 is 192"]),
        ("overparam", ["malformed: dns: alpn at offset 7 needs 65542 bytes, but has 10"]),
        ("shortkey", ["malformed: dns: parameter at offset 3"]), ("twokeys", ["malformed: dns: key at offset 13 is 1"]),
        ("noalpn", ["malformed: dns: alpn at offset 7"]), ("longalpn", ["malformed: dns: alpn at offset 7"]),
        ("badport", ["malformed: dns: port length at offset 5 is 1"]), ("badhint", ["malformed: dns: ipv4hint"]),
        ("mixed", ["malformed: dns: port at offset 7"]),
        // Malformed and forged messages.
        ("selfpointer", ["lookup failed: malformed reply from 192.0.2.2"]),
        ("pointers", ["lookup failed: malformed reply from 192.0.2.2"]),
        ("forward", ["lookup failed: malformed reply from 192.0.2.2"]),
        ("longname", ["lookup failed: malformed reply from 192.0.2.2"]),
        ("counts", ["lookup failed: "]), ("headless", ["lookup failed: no reply from 192.0.2.2"]),
        ("garbage", ["lookup failed: no reply from 192.0.2.2"]),
        ("circle", ["lookup failed: alias loop in replies from 192.0.2.2"]),
        ("otherowner", ["none"]), ("otherid", ["lookup failed: no reply from 192.0.2.2"]),
        ("silent", ["lookup failed: no reply from 192.0.2.2"]),
        ("servfail", ["lookup failed: 192.0.2.2: server failure or query refused"]),
        ("refused", ["lookup failed: 192.0.2.2: server failure or query refused"]),
        ("nxdomain", ["none"]), ("nodata", ["none"]), ("badlength", ["none"]),
        // By TCP.
        ("tcwide", ["1 n1.test alpn h3,h2", "20 n20.test alpn h3,h2", "280 more records"]),
        ("tcclose", ["lookup failed: "]), ("tcshort", ["lookup failed: "]),
    ]

    @Test("records and messages of any kind are printed or named, and the request does not fail for them")
    func hostile() async throws {
        try await NameServerLab.withPair { named in
            try await NameServerLab.concurrently(Self.replies) { behavior, lines in
                try await Self.check(named, behavior, lines)
            }
            let log = try await named.queries().map { "\($0.transport) \($0.type) \($0.name)" }
            #expect(log.count { $0 == "udp HTTPS svc-aliasloop.test" } == 1, "\(log)")
            #expect(log.contains("tcp HTTPS svc-tcwide.test"), "\(log)")
        }
    }

    private static func check(_ named: NameServerLab, _ behavior: String, _ lines: [String]) async throws {
        let url = "http://svc-\(behavior).test/"
        let outcome = try await named.run("http-probe --https-record \(url)")
        #expect(NameLookup.isPrintable(outcome), "\(outcome)")
        // Port 80 is closed: the status is that of the request.
        #expect(outcome.status == 1 && outcome.output.hasPrefix("\(url)  connection refused"), "\(outcome)")
        for line in lines {
            #expect(outcome.output.contains("\n  https record: \(line)"), "\(behavior): \(outcome)")
        }
        let offersHTTP3 = ["full", "alias-8", "tcwide"].contains(behavior)
        #expect(outcome.output.contains("offers HTTP/3") == offersHTTP3, "\(behavior): \(outcome)")
    }

    @Test("over the user-space host's UDP and TCP")
    func stack() async throws {
        try await NameServerLab.withPair { named in
            let own = "http-probe --https-record --stack user -I va --source 192.0.2.50 --no-check"
            let outcome = try await named.run(
                "\(own) http://svc-full.test http://svc-tcwide.test http://svc-pointers.test http://svc-mixed.test")
            #expect(NameLookup.isPrintable(outcome), "\(outcome)")
            for line in [
                "1 . alpn h3,h2 ipv4hint 192.0.2.2 ech", "280 more records",
                "lookup failed: malformed reply from 192.0.2.2", "malformed: dns: port at offset 7",
            ] {
                #expect(outcome.output.contains("  https record: \(line)"), "\(line): \(outcome)")
            }
            let queries = try await named.queries()
            #expect(Set(queries.map(\.client)) == ["192.0.2.50"], "\(queries)")
        }
    }
}
