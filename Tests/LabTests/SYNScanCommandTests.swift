import Testing

/// `tcp-syn-scan` as a command: signals, reports, what it refuses.
@Suite("the command line of tcp-syn-scan in the lab")
struct SYNScanCommandTests {
    @Test("Ctrl-C ends it with what it has; SIGQUIT asks how it stands; a reader that goes ends it quietly")
    func signals() async throws {
        try await Lab.with(Lab.Layout.everybody) { lab in
            try await lab.listening([80]) {
                let script = """
                    scan() { exec \(Binary.swiftNet) tcp-syn-scan 198.18.0.0/16 -p 80 --rate 2000 "$@"; }
                    e=$(mktemp); o=$(mktemp); trap 'rm -f $e $o' EXIT
                    (scan) > $o 2> $e & p=$!
                    until grep -q open $o; do kill -0 $p || break; sleep 0.05; done
                    kill -QUIT $p; until [ -s $e ]; do kill -0 $p || break; sleep 0.05; done
                    kill -INT $p; wait $p; echo "rc $?"
                    grep -c 'stopped before the end' $o
                    grep -c '% .* replies, ' $e
                    (scan) 2>&1 | head -2 | wc -l
                    """
                let outcome = try await lab.run("a", ["bash", "-c", script])
                #expect(outcome.lines == ["rc 0", "1", "1", "2"], "\(outcome)")
            }
        }
    }

    @Test("Ctrl-C while machines are sought ends it, and no address is called unreachable", arguments: ["INT", "TERM"])
    func interruptedSearch(signal: String) async throws {
        try await Lab.with(.pair) { lab in
            let script = """
                sent() { cat /sys/class/net/va/statistics/tx_packets; }
                start=$(sent)
                \(Binary.swiftNet) tcp-syn-scan -p 80 --rate 50 192.0.2.0/24 2001:db8::/120 & p=$!
                until [ $(($(sent) - start)) -ge 5 ]; do kill -0 $p || break; sleep 0.01; done
                kill -\(signal) $p; wait $p; echo $?
                """
            let outcome = try await lab.run("a", ["bash", "-c", script])
            #expect(outcome.lines.last == (signal == "INT" ? "130" : "143"), "\(outcome)")
            #expect(!outcome.output.contains("unreachable") && !outcome.output.contains("filtered"), "\(outcome)")
        }
    }

    @Test("own addresses, and who cannot be reached")
    func ownAndUnreachable() async throws {
        try await Lab.with(.pair.and("ip -n a route add unreachable 203.0.113.0/24")) { lab in
            let outcome = try await lab.scan(
                "127.0.0.1 192.0.2.1 ::1 2001:db8::1 192.0.2.2 192.0.2.9 203.0.113.1 198.51.100.1 2001:db8::99 -p 9 --all -j"
            )
            let closed = outcome.lines.map { JSONLine(text: String($0)) }.filter { $0["state"] == "closed" }
            #expect(
                Set(closed.compactMap { $0["addr"] }) == ["127.0.0.1", "192.0.2.1", "::1", "2001:db8::1", "192.0.2.2"],
                "\(outcome)")
            let lost = outcome.lines.map { JSONLine(text: String($0)) }.filter { $0["type"] == "unreachable" }
            #expect(
                Set(lost.compactMap { $0["first"] }) == ["192.0.2.9", "203.0.113.1", "198.51.100.1", "2001:db8::99"],
                "\(outcome)")
            #expect(outcome.status == 2)
        }
    }

    @Test("text, CSV and grepable reports, sorted; a file beside; excluded and reserved addresses")
    func formats() async throws {
        try await Lab.with(Lab.Layout.everybody) { lab in
            try await lab.listening([22, 80]) {
                let text = try await lab.scan("198.18.0.0/30 -p 22,80 --sort -q --exclude 198.18.0.1,198.18.0.2-2")
                #expect(
                    text.lines.map { $0.split(separator: " ").prefix(4).joined(separator: " ") } == [
                        "198.18.0.0 22/tcp open ssh", "198.18.0.0 80/tcp open http", "198.18.0.3 22/tcp open ssh",
                        "198.18.0.3 80/tcp open http",
                    ], "\(text)")
                let grepable = try await lab.scan("198.18.0.0/31 198.18.0.0 -p ssh,80 --sort -q --format grepable")
                #expect(
                    grepable.output
                        == "Host: 198.18.0.0 ()\tPorts: 22/open/tcp//ssh///, 80/open/tcp//http///\nHost: 198.18.0.1 ()\tPorts: 22/open/tcp//ssh///, 80/open/tcp//http///\n"
                )
                let file = try await lab.run(
                    "a",
                    [
                        "sh", "-c",
                        "f=$(mktemp); \(Binary.swiftNet) tcp-syn-scan 198.18.0.7 224.0.0.1 192.0.2.255 -p 80 -o $f --format csv >/dev/null; cat $f; rm $f",
                    ])
                #expect(file.lines.count == 2 && file.lines[0].hasPrefix("addr,port,state,reason"), "\(file)")
                #expect(file.lines.last?.hasPrefix("198.18.0.7,80,open,syn-ack,64,") ?? false)
                #expect(file.errors.contains("skipping 2 reserved addresses (--include-reserved"), "\(file.errors)")
            }
        }
    }

    @Test(
        "what it cannot do is said, and exits 2",
        arguments: [
            (
                "192.0.2.2 -p 0-70000",
                "invalid value '0-70000' for -p (expected a port from 0 to 65535, a range or a service name)"
            ),
            ("-p 80", "no TARGET given (expected a name, an address, a network or a range)"),
            ("192.0.2.300 -p 80", "192.0.2.300: not an address"), ("224.0.0.1 -p 80", "nothing is left to scan"),
            ("192.0.2.2 -p 80 --rate 0", "invalid value '0' for --rate (expected 1 to 100000000, or max)"),
            ("192.0.2.2 -p 80 --shard 3/2 --seed 1", "invalid value '3/2' for --shard (expected K/N with 1 <= K <= N)"),
            ("192.0.2.2 -p 80 --shard 1/2", "--shard requires --seed"),
            ("192.0.2.2 -p 80 --top-ports 5", "--top-ports cannot be used with -p"),
            ("192.0.2.2 -p 80 --source 192.0.2.1", "is this host's own"),
            ("192.0.2.2 -p 80 --source 198.51.100.7", "is not in an attached network"),
            ("192.0.2.2 -p 80 --source 192.0.2.255", "is not in an attached network"),
            ("192.0.2.2 -p 80 --source fe80::7", "a link-local address cannot be used"),
            ("192.0.2.2 -p 80 --format yaml", "'yaml' for --format (expected text, json, csv, grepable, xml, list)"),
            ("192.0.2.2 -p 80 --exclude-ports 70000", "'70000' for --exclude-ports (expected a port from 0 to 65535"),
            ("192.0.2.2 -p 80-82 --exclude-ports 1-100", "every port is excluded"),
            ("192.0.2.2 --top-ports 1001", "invalid value '1001' for --top-ports (expected 1 to 1000)"),
            ("fe80::2 -p 80", "fe80::2: a link-local address requires a zone (%INTERFACE) or -I"),
            ("fe80::2%va -I lo -p 80", "fe80::2: the zone va is not the interface lo"),
            ("fe80::2%nosuch -p 80", "no such interface: nosuch"),
            ("fe80:1::2%va -p 80", "fe80:1::2: not a link-local address of fe80::/64"),
            ("[192.0.2.2] -p 80", "[192.0.2.2]: not an address"),
            ("192.0.2.0/24 -p 80 --exclude 192.0.2.0/24", "nothing is left to scan"),
            ("2001:db8::/32 -p 80", "more than"),
            ("192.0.2.2 -p 80 -I nowhere", "-I: no such interface: nowhere (have: "),
        ])
    func mistakes(arguments: String, message: String) async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.scan(arguments)
            #expect(outcome.status == 2 && outcome.errors.contains(message), "\(outcome)")
        }
    }

    @Test(
        "options that do not apply, and those of other tools, are refused before anything is sent",
        arguments: [
            ("-4 -6 192.0.2.2", "-4 cannot be used with -6"), ("-4 ::1", "::1: not an IPv4 address (-4)"),
            ("-6 127.0.0.1", "127.0.0.1: not an IPv6 address (-6)"),
            ("-j --format csv 192.0.2.2", "--json cannot be used with --format csv, unless -o names a file"),
            ("-j --format csv -o - 192.0.2.2", "--json cannot be used with --format csv, unless -o names a file"),
            ("--seed -1 192.0.2.2", "invalid value '-1' for --seed (expected a whole number, 0 or more)"),
            ("--source x 192.0.2.2", "invalid value 'x' for --source (expected an IP address)"),
            ("-w 0 192.0.2.2", "invalid value '0' for -w (expected 0.001 to"), ("-w nan 192.0.2.2", "for -w (expected"),
            ("--retries 101 192.0.2.2", "invalid value '101' for --retries (expected 0 to 100)"),
            ("-iL", "-iL requires a value (FILE)"), ("-iL=/nosuch", "--targets: /nosuch: No such file"),
            ("-sS 192.0.2.2", "unknown option '-sS': omit it: this is a SYN scan"),
            ("-T4 192.0.2.2", "unknown option '-T4': --rate N"), ("-oJ x 192.0.2.2", "-o FILE --format json"),
            ("-oGx 192.0.2.2", "'-oGx': use -oG x"), ("-oNews.txt 192.0.2.2", "'-oNews.txt': use -oN ews.txt"),
            ("-oX- 192.0.2.2", "use -oX -"), ("-oAbase 192.0.2.2", "use -oA base"), ("-iLx", "'-iLx': use -iL x"),
            ("-oG - -oX - 192.0.2.2", "-oX -: standard output is already used by -oG"),
            ("-o - -oX - 192.0.2.2", "standard output is already used by -oX"),
            ("-j -oX - 192.0.2.2", "--json cannot be used with -oX -"),
            ("--open --all 192.0.2.2", "--open cannot be used with --all"),
            ("--names -n 192.0.2.2", "--names cannot be used with -n"),
            ("http://192.0.2.2/", "(use: swift-net http-probe http://192.0.2.2/)"),
        ])
    func refusals(arguments: String, message: String) async throws {
        let outcome = try await Lab.run(
            [Binary.swiftNet, "tcp-syn-scan"] + arguments.split(separator: " ").map(String.init))
        #expect(
            outcome.status == 2 && outcome.output.filter { $0 != "\n" }.isEmpty == !arguments.contains("-j"),
            "\(outcome)")
        #expect(outcome.errors.contains(message), "\(arguments): \(outcome.errors)")
    }

    @Test("-iL, as nmap's users type it, and --targets add up; failures with --format json are JSON")
    func lists() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.run(
                "a",
                [
                    "sh", "-c",
                    """
                    d=$(mktemp -d); cd $d; echo 192.0.2.1 > a; echo 192.0.2.2 > b; echo 192.0.2.1 > x
                    \(Binary.swiftNet) tcp-syn-scan -iL a --targets b --exclude-file x -p 9 --all -q
                    \(Binary.swiftNet) tcp-syn-scan 192.0.2.2 -p x --format json; rm -r $d
                    """,
                ])
            #expect(outcome.lines.count == 2 && outcome.lines[0].hasPrefix("192.0.2.2"), "\(outcome)")
            #expect(outcome.lines[1].hasPrefix(#"{"type":"error","message":"invalid value 'x' for -p"#), "\(outcome)")
        }
    }

    @Test("options change what is scanned and printed; every object has its time")
    func options() async throws {
        let layout = Lab.Layout.pair.and("ip -n a route add 240.0.0.0/4 via 192.0.2.2")
        try await Lab.with(layout) { lab in
            try await lab.listening([80]) {
                let plain = try await lab.scan("-4 -I va -w 20 --wait 0.2 --color always --all -p 80,81 192.0.2.2")
                #expect(plain.output.contains("80/tcp     \u{1B}[32mopen\u{1B}[0m      http "), "\(plain)")
                let bare = try await lab.scan("-6 -n -q --color never -p 80 2001:db8::2")
                #expect(bare.output.contains("80/tcp     open      -  ") && bare.lines.count == 1, "\(bare)")
                let explained = try await lab.scan("-v --explain 1 --exclude 192.0.2.1 -p 80 192.0.2.1-2")
                #expect(explained.output.contains("sent ") && explained.errors.contains("1 address excluded"))
                let json = try await lab.scan("-j --all --top-ports 5 --explain 192.0.2.2 192.0.2.9")
                #expect(json.summary?["ports"] == "5" && json.objects("packet").count == 4, "\(json)")
                let untimed = json.lines.map { JSONLine(text: String($0)) }.filter {
                    $0["time"]?.hasSuffix("Z") != true
                }
                #expect(untimed.isEmpty && json.lines.count > 8, "\(untimed)")
            }
            let reserved = try await lab.scan("-j -p 80 --retries 0 --wait 0.1 --include-reserved 240.0.0.1")
            #expect(reserved.status == 1 && reserved.summary?["hosts"] == "1", "\(reserved)")
            let left = try await lab.scan("-p 80 240.0.0.1")
            #expect(left.status == 2 && left.errors.contains("nothing is left to scan"), "\(left)")
        }
    }

    @Test("-p adds up")
    func portLists() async throws {
        try await Lab.with(.pair) { lab in
            try await lab.listening([22, 80]) {
                let outcome = try await lab.scan("-j -p 22 -p 80,81 --ports 22 192.0.2.2")
                #expect(outcome.status == 0 && outcome.summary?["open"] == "2", "\(outcome)")
                #expect(outcome.summary?["ports"] == "3", "\(outcome)")
            }
        }
    }

    @Test("a target that cannot be reached at all is status 2 with its reason, unless another has an open port")
    func unreachable() async throws {
        let layout = Lab.Layout.pair.and(
            "ip -n a tuntap add dev t0 mode tun; ip -n a link set dev t0 up; ip -n a route add 203.0.113.0/24 dev t0")
        try await Lab.with(layout) { lab in
            try await lab.listening([80]) {
                for (target, reason) in [
                    ("198.51.100.1", "Network is unreachable"), ("203.0.113.1", "t0 has no carrier"),
                    ("2001:db8:77::1", "Network is unreachable"),
                ] {
                    let alone = try await lab.scan("-p 80 \(target)")
                    #expect(alone.status == 2 && (alone.output + alone.errors).contains(reason), "\(alone)")
                    let closed = try await lab.scan("-p 81 \(target) 192.0.2.2")
                    #expect(closed.status == 2, "\(closed)")
                    let open = try await lab.scan("-p 80 \(target) 192.0.2.2")
                    #expect(open.status == 0, "\(open)")
                }
                // A neighbor that does not exist is an answer.
                let absent = try await lab.scan("-p 80 192.0.2.77")
                #expect(absent.status == 1, "\(absent)")
            }
        }
    }

    @Test("a taken address is refused as source, one that is free is used", arguments: ["192.0.2", "2001:db8:"])
    func takenSource(network: String) async throws {
        let separator = network.contains(":") ? ":" : "."
        try await Lab.with(.pair) { lab in
            let other = "\(network)\(separator)2"
            // Until the link is up on both sides, no host replies for an address.
            _ = try await lab.run("a", [Binary.swiftNet, "ping", "-q", "-i", "0.2", "-c", "1", "-w", "10", other])
            let taken = try await lab.scan("\(other) -p 80 --source \(other)")
            #expect(taken.status == 2 && taken.errors.contains("\(other) is in use by "), "\(taken)")
            let free = try await lab.scan("\(other) -p 80 --all --source \(network)\(separator)77")
            #expect(free.status == 1 && free.output.contains("closed"), "\(free)")
        }
    }

    @Test(
        "a source of the other family reaches no target, and that is reported",
        arguments: ["192.0.2.77", "2001:db8::77"])
    func otherFamily(source: String) async throws {
        try await Lab.with(.pair) { lab in
            let both = try await lab.scan("192.0.2.2 2001:db8::2 -p 80 --all --no-check --source \(source)")
            #expect(both.output.contains("\(source) is of the other address family"), "\(both)")
            #expect(both.lines.filter { $0.contains("closed") && !$0.contains("0 closed") }.count >= 1, "\(both)")
        }
    }

    @Test("a switch that listens for members sends the source what is asked at its group")
    func snoopingSwitch() async throws {
        try await Lab.with(.snooping) { lab in
            try await lab.listening([80]) {
                let found = try await lab.scan("2001:db8::2 -p 80 --source 2001:db8::77")
                #expect(found.status == 0 && found.output.contains("80/tcp     open"), "\(found)")
            }
            let neighbors = try await lab.run("b", ["ip", "neigh", "show", "2001:db8::77"])
            #expect(neighbors.output.contains("lladdr 02:00:00:00:00:01"), "\(neighbors)")
            let members = try await lab.run("s", ["bridge", "mdb", "show", "dev", "br0"])
            #expect(members.output.contains("port ba grp ff02::1:ff00:77"), "\(members)")
        }
    }

    @Test("a capture has the probe and its answer")
    func capture() async throws {
        guard await Peer.require(.tcpdump) else { return }
        try await Lab.with(.pair) { lab in
            let capture = try await lab.run(
                "a",
                [
                    "sh", "-c",
                    "f=$(mktemp); \(Binary.swiftNet) tcp-syn-scan 192.0.2.2 -p 81 --pcap $f >/dev/null; tcpdump -nr $f 2>/dev/null; rm $f",
                ])
            #expect(capture.lines.count == 2 && capture.lines[0].contains("Flags [S]"), "\(capture)")
            #expect(capture.lines.last?.contains("Flags [R.]") ?? false, "\(capture)")
        }
    }
}
