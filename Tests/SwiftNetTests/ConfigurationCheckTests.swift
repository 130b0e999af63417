import Testing

@testable import SwiftNet

/// Values that are refused before anything is opened, so without a privilege.
@Suite("checks of configurations")
struct ConfigurationCheckTests {
    /// Expects that a run is refused for an invalid argument, with this message.
    private func expect(_ message: String, _ location: SourceLocation = #_sourceLocation, _ run: () throws -> Void) {
        let error = #expect(throws: SwiftNetError.self, sourceLocation: location) { try run() }
        #expect(error?.kind == .invalidArgument && error?.description == message, sourceLocation: location)
    }

    @Test("traceroute: numbers out of range")
    func traceRanges() {
        let changes: [(String, (inout Traceroute.Configuration) -> Void)] = [
            ("invalid value '0' for -m (expected 1 to 255)", { $0.probe.maximumHops = 0 }),
            ("invalid value '256' for -m (expected 1 to 255)", { $0.probe.maximumHops = 256 }),
            ("invalid value '31' for -f (expected 1 to 30, the last hop)", { $0.probe.firstHop = 31 }),
            ("invalid value '0' for -f (expected 1 to 30, the last hop)", { $0.probe.firstHop = 0 }),
            ("invalid value '0' for --gap (expected 1 to 255)", { $0.probe.gap = 0 }),
            ("invalid value '11' for -q (expected 1 to 10)", { $0.probe.queries = 11 }),
            ("invalid value '0' for -N (expected 1 to 1024)", { $0.probe.window = 0 }),
            ("invalid value '29' for --size (expected 30 to 65000)", { $0.packetLength = 29 }),
            ("invalid value '1048576' for -l (expected 0 to 1048575)", { $0.probe.flowLabel = 1 << 20 }),
            ("invalid value '0' for -w (expected 1 to 1000)", { $0.probe.hereFactor = 0 }),
            ("-g: 9 gateways given (at most 8)", { $0.probe.gateways = .init(repeating: .limitedBroadcast, count: 9) }),
        ]
        for (message, change) in changes {
            var configuration = Traceroute.Configuration()
            change(&configuration)
            expect(message) { _ = try Traceroute.run("192.0.2.1", configuration) }
        }
    }

    @Test("traceroute: settings that do not apply to the method or the family")
    func traceMethods() {
        let changes: [(String, TracerouteMethod, (inout Traceroute.Configuration) -> Void)] = [
            ("--mtu cannot be used with -T", .tcp, { $0.findsPathMTU = true }),
            ("--size cannot be used with -T", .tcp, { $0.packetLength = 100 }),
            ("--no-paris cannot be used with -T", .tcp, { $0.probe.isOneFlow = false }),
            ("invalid value 'mss=0' for -O (expected mss=1 or more)", .tcp, { $0.probe.maximumSegmentSize = 0 }),
            ("-O requires -T", .udp, { $0.probe.asksForECN = true }),
            ("-O requires -T", .icmp, { $0.probe.maximumSegmentSize = 1_460 }),
            (
                "-g cannot be used with -6", .udp,
                { ($0.family, $0.probe.gateways) = (.v6, [IPv4Address(192, 0, 2, 1)]) }
            ),
            ("-l cannot be used with -4", .udp, { ($0.family, $0.probe.flowLabel) = (.v4, 1) }),
        ]
        for (message, method, change) in changes {
            var configuration = Traceroute.Configuration(method: method)
            change(&configuration)
            expect(message) { _ = try Traceroute.run("192.0.2.1", configuration) }
        }
        let icmp = Traceroute.Configuration(method: .icmp)
        expect("-I cannot be used with --paths") { _ = try Traceroute.Paths.run("192.0.2.1", .init(icmp)) }
        expect("-I cannot be used with --paths") {
            _ = try Traceroute.Cycles.run("192.0.2.1", .init(icmp, confidence: 0.95))
        }
        expect("invalid value '1.0' for --confidence (expected 0.5 to 0.99999)") {
            _ = try Traceroute.Paths.run("192.0.2.1", .init(confidence: 1))
        }
        expect("invalid value '0' for --cycles (expected 1 to 1000000)") {
            _ = try Traceroute.Cycles.run("192.0.2.1", .init(cycles: 0))
        }
    }

    @Test("the default ports, and the wait that an explicit limit gives the last hops")
    func traceDefaults() {
        #expect(TracerouteMethod.allCases.map(\.defaultPort) == [33_434, 33_434, 80])
        #expect(Traceroute.Configuration(method: .tcp).probe.destinationPort == 80)
        #expect(Traceroute.Cycles.defaultConfiguration.trace.probe.method == .icmp)
        var probe = Traceroute.Configuration().probe
        #expect(probe.longestWait == .seconds(5) && probe.tailWait == .seconds(1) && probe.looksAgain)
        probe.setWait(atMost: .seconds(2), here: 4)
        #expect(probe.longestWait == .seconds(2) && probe.tailWait == .seconds(2))
        #expect(probe.hereFactor == 4 && probe.nearFactor == 10 && !probe.looksAgain && !probe.hastens)
    }

    @Test("ping: numbers out of range, and the longest datagram")
    func pings() throws {
        let plan = try PingFragmentPlan(size: 64)
        let changes: [(String, (inout Ping.Configuration) -> Void)] = [
            ("invalid value '0' for -t (expected 1 to 255)", { $0.timeToLive = 0 }),
            ("invalid value '0' for -l (expected 1 to 65536)", { $0.preload = 0 }),
            ("invalid value '60001' for --consecutive (expected 1 to 60000)", { $0.consecutive = 60_001 }),
            ("invalid value '1048576' for -F (expected 0 to 1048575)", { $0.flowLabel = 1 << 20 }),
            ("invalid value '65508' for -s (expected 0 to 65507)", { $0.data = Ping.Configuration.data(size: 65_508) }),
            (
                "invalid value '65468' for -s (expected 0 to 65467)",
                { ($0.options, $0.data) = (.recordRoute, Ping.Configuration.data(size: 65_468)) }
            ),
            (
                "--fragment: a message of 64 bytes (-s 56) is one fragment of 64",
                { $0.fragments = plan }
            ),
            (
                "--fragment cannot be used with -M do",
                { ($0.fragments, $0.pathMTUDiscovery, $0.data) = (plan, .do, Ping.Configuration.data(size: 400)) }
            ),
        ]
        for (message, change) in changes {
            var configuration = Ping.Configuration(count: 1)
            change(&configuration)
            // An ordinary user may not set a preload of more than 3.
            expect(message) { _ = try Ping.run("127.0.0.1", configuration) }
        }
        #expect(Ping.Configuration.data(size: 5, pattern: [1, 2]) == [1, 2, 1, 2, 1])
        #expect(Ping.Configuration.data() == Array(0..<56) && Ping.Configuration.data(size: -1).isEmpty)
    }

    @Test("a ping sweep: the query that only one target can answer, retries, and a count without sequence numbers")
    func sweeps() {
        let changes: [(String, (inout PingSweep.Configuration) -> Void)] = [
            (
                "--icmp router-solicitation cannot be used with several targets",
                { $0.probe.query = .routerSolicitation }
            ),
            ("invalid value '-1' for --retries (expected 0 to 1000)", { $0.plan = .untilAnswered(retries: -1) }),
            (
                "invalid value '65536' for -c (expected 1 to 65535 in a sweep)",
                { $0.plan = .count(65_536, period: .seconds(1)) }
            ),
        ]
        for (message, change) in changes {
            var configuration = PingSweep.Configuration()
            change(&configuration)
            expect(message) { _ = try PingSweep.run(["127.0.0.1"], configuration) }
        }
    }

    @Test("arping: VLAN tags, and options that do not apply to a MAC address or to an IPv4 address")
    func arpings() {
        let changes: [(String, String, (inout Arping.Configuration) -> Void)] = [
            ("192.0.2.1", "invalid value '4095' for --vlan (expected 0 to 4094)", { $0.vlan = 4_095 }),
            ("192.0.2.1", "invalid value '8' for -Q (expected 0 to 7)", { $0.vlanPriority = 8 }),
            ("192.0.2.1", "invalid value '0' for -c (expected 1 to 2147483647)", { $0.count = 0 }),
            ("192.0.2.1", "-T requires a MAC address as target", { $0.targetAddress = .limitedBroadcast }),
            ("02:00:00:00:00:01", "-t cannot be used with a MAC address as target", { $0.targetMAC = .broadcast }),
            ("02:00:00:00:00:01", "-D cannot be used with a MAC address as target", { $0.mode = .detectDuplicates }),
            ("02:00:00:00:00:01", "-U cannot be used with a MAC address as target", { $0.mode = .announceByRequest }),
            ("01:00:5e:00:00:01", "01:00:5e:00:00:01: not the MAC address of one host", { _ in }),
            ("00:00:00:00:00:00", "00:00:00:00:00:00: not the MAC address of one host", { _ in }),
        ]
        for (target, message, change) in changes {
            var configuration = Arping.Configuration()
            change(&configuration)
            expect(message) { _ = try Arping.run(target, configuration) }
        }
        var sweep = ArpingSweep.Configuration()
        sweep.vlan = 0
        expect("invalid value '0' for --vlan (expected 1 to 4094)") { _ = try ArpingSweep.run("192.0.2.0/30", sweep) }
        sweep = ArpingSweep.Configuration()
        sweep.timeout = .zero
        expect("invalid value '0' for -w (expected 0.001 or more with --sweep)") {
            _ = try ArpingSweep.run("192.0.2.0/30", sweep)
        }
    }

    @Test("RARP: hosts, attempts and pauses")
    func rarp() {
        expect("ff:ff:ff:ff:ff:ff: not the MAC address of one host") { _ = try RARPQuery.run([.broadcast]) }
        var configuration = RARPQuery.Configuration()
        configuration.attempts = 0
        expect("invalid value '0' for -c (expected 1 to 1000)") { _ = try RARPQuery.run([], configuration) }
    }

    @Test("IGMP and MLD: sources, versions and robustness")
    func groups() {
        let changes: [(String, (inout IGMPJoin.Configuration) -> Void)] = [
            (
                "invalid value '239.1.2.3' for --source (expected a unicast address)",
                { $0.sources = [.v4(IPv4Address(239, 1, 2, 3))] }
            ),
            (
                "invalid value '0.0.0.0' for --source (expected a unicast address)",
                { $0.sources = [.v4(.unspecified)] }
            ),
            ("invalid value '4' for --version (expected 1, 2 or 3)", { $0.version = 4 }),
            ("invalid value '8' for --robustness (expected 1 to 7)", { $0.robustness = 8 }),
        ]
        for (message, change) in changes {
            var configuration = IGMPJoin.Configuration()
            change(&configuration)
            expect(message) { _ = try IGMPJoin.run(["233.252.0.1"], configuration) }
        }
        var query = IGMPQuery.Configuration()
        query.family = .v6
        expect("-6 cannot be used with 233.252.0.1") { _ = try IGMPQuery.run("233.252.0.1", query) }
        query = IGMPQuery.Configuration()
        query.version = 2
        query.maximumResponse = .milliseconds(26_000)
        expect("invalid value '26' for --response (expected 0.1 to 25.5 seconds)") {
            _ = try IGMPQuery.run(nil, query)
        }
    }

    @Test("a host: addresses, MAC address, VLAN, groups and routing")
    func hosts() {
        let own = UserHost.Address(.v4(IPv4Address(192, 0, 2, 50)), prefixLength: 24)
        let changes: [(String, [String], (inout UserHost.Configuration) -> Void)] = [
            ("--address ADDRESS/LENGTH is required", [], { $0.addresses = [] }),
            (
                "invalid value '01:00:5e:00:00:01' for --mac (expected a unicast MAC address, or interface)", [],
                { $0.mac = .address(MACAddress(rawValue: 0x0100_5E00_0001)) }
            ),
            ("invalid value '0' for --vlan (expected 1 to 4094)", [], { $0.vlan = 0 }),
            (
                "invalid value '192.0.2.1' for --join (expected a multicast address, or ADDRESS@INTERFACE)", [],
                { $0.groups = [.init(.v4(IPv4Address(192, 0, 2, 1)))] }
            ),
            ("--forward requires -I for 2 interfaces or more", ["a", "a"], { $0.forwards = true }),
            ("-I: interface given twice", ["a", "a"], { _ in }),
            ("--advertise requires --forward", [], { $0.advertises = true }),
            ("--advertise requires an IPv6 address", ["a", "b"], { ($0.forwards, $0.advertises) = (true, true) }),
        ]
        for (message, interfaces, change) in changes {
            var configuration = UserHost.Configuration()
            configuration.addresses = [own]
            change(&configuration)
            expect(message) { _ = try UserHost.run(interfaces, configuration) }
        }
    }

    @Test("a port scan: retries, ports, rate and shards, and what needs a source of its own")
    func scans() {
        let shard = "invalid value '3/2' for --shard (expected K/N with 1 <= K <= N)"
        let changes: [(String, (inout SYNScan.Configuration) -> Void)] = [
            ("invalid value '101' for --retries (expected 0 to 100)", { $0.retries = 101 }),
            ("invalid value '0' for --top-ports (expected 1 to \(FrequentPorts.ranked.count))", { $0.topPorts = 0 }),
            ("--rate: '0.0' is out of range: 0 < value <= 100000000", { $0.rate = 0 }),
            (shard, { $0.shard = ScanShard(number: 3, count: 2) }),
            (
                "invalid value '1/1000001' for --shard (expected K/N with 1 <= K <= N)",
                { $0.shard = ScanShard(number: 1, count: 1_000_001) }
            ),
            ("--banners requires --source", { $0.readsBanners = true }),
            ("--no-check requires --source", { $0.checksSource = false }),
        ]
        for (message, change) in changes {
            var configuration = SYNScan.Configuration(ports: [80])
            change(&configuration)
            expect(message) { _ = try SYNScan.run(["192.0.2.1"], configuration) }
        }
    }

    @Test("requests to web servers: limits, and addresses of another family than the only one")
    func requests() {
        let address = IPAddress.v4(IPv4Address(192, 0, 2, 1))
        let changes: [(String, (inout HTTPProbe.Configuration) -> Void)] = [
            ("invalid value '0' for --concurrency (expected 1 to 1000)", { $0.concurrency = 0 }),
            ("invalid value '1001' for --max-redirects (expected 0 to 1000)", { $0.request.redirects = 1_001 }),
            ("invalid value '-1' for -c (expected 0 to 9223372036854775807)", { $0.request.count = -1 }),
            (
                "invalid value '3601' for --keep-alive (expected 0 to 3600 seconds)",
                { $0.request.keepAlivePatience = .seconds(3_601) }
            ),
            (
                "-6 cannot be used with --source 192.0.2.1",
                { ($0.family, $0.stack) = (.v6, .user(UserStack(address))) }
            ),
            (
                "-6 cannot be used with --resolve 192.0.2.1",
                {
                    $0.family = .v6
                    $0.request.overrides.others = [("a", 80, [.tcp(address, zone: 0, port: 80)])]
                }
            ),
        ]
        for (message, change) in changes {
            var configuration = HTTPProbe.Configuration()
            change(&configuration)
            expect(message) { _ = try HTTPProbe.run(["http://a/"], configuration) }
        }
        var fingerprint = HTTPFingerprint.Configuration()
        fingerprint.concurrency = 1_001
        expect("invalid value '1001' for --concurrency (expected 1 to 1000)") {
            _ = try HTTPFingerprint.run(["http://a/"], fingerprint)
        }
    }

    @Test("the families that a target may have")
    func families() throws {
        let rows: [(String, [IPAddress.Family])] = [
            ("192.0.2.1", [.v4]), ("fe80::1%eth0", [.v6]), ("192.0.2.0/24", [.v4]), ("2001:db8::/126", [.v6]),
            ("host.example", [.v4, .v6]),
        ]
        for (text, families) in rows {
            let target = try TargetExpression(text)
            #expect(target.families(nil) == families && target.isOf(nil))
            #expect(target.isOf(.v4) == families.contains(.v4) && target.isOf(.v6) == families.contains(.v6))
        }
        let name = try TargetExpression("host.example")
        #expect(name.families(.v6) == [.v6])
    }

    @Test("fields of a signature")
    func fields() {
        #expect(Signature.isField("nginx 1.22") && !Signature.isField("") && !Signature.isField("a\tb"))
    }
}
