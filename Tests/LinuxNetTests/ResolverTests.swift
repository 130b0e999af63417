import LinuxProcess
import PacketEngine
import Testing
import WireFormat

@testable import LinuxNet

/// Parsing of getent(1) output.
@Suite("getent output")
struct SystemLookupOutputTests {
    private let marks = SystemLookupOutput.Marks()

    private func lines(_ index: Int) -> String {
        marks.texts(index).map { "\($0)  STREAM \($0)\n\($0)  DGRAM\n" }.joined()
    }

    @Test("each name has the lines between its separators")
    func batch() throws {
        let text =
            "192.0.2.1  STREAM a.test\n192.0.2.1  DGRAM\n2001:db8::1  STREAM\n" + lines(0) + lines(1)
            + "fe80::1%lo  STREAM c.test\n" + lines(2)
        let output = SystemLookupOutput(Array(text.utf8), keys: ["a", "b", "c"], marks: marks)
        guard case .found(let first, let name) = output.addresses(at: 0) else { return #expect(Bool(false)) }
        #expect(first.map { "\($0.address)" } == ["192.0.2.1", "2001:db8::1"] && name == "a.test")
        if case .notFound = output.addresses(at: 1) {} else { Issue.record("b has no lines") }
        guard case .found(let third, _) = output.addresses(at: 2) else { return #expect(Bool(false)) }
        #expect(third.map(\.zone) == [Interface.index(of: "lo") ?? 0])
    }

    @Test("truncated output, and output with the separators of one family")
    func cut() {
        let one = marks.texts(0)[1]
        let text = "192.0.2.1 STREAM a\n\(one) STREAM \(one)\n192.0.2.2 STREAM b\n"
        let output = SystemLookupOutput(Array(text.utf8), keys: ["a", "b", "c"], marks: marks)
        if case .found(let answers, _) = output.addresses(at: 0) {
            #expect(answers.count == 1)
        } else {
            Issue.record("a")
        }
        if case .found(let answers, _) = output.addresses(at: 1) {
            #expect(answers.map { "\($0.address)" } == ["192.0.2.2"])
        } else {
            Issue.record("b")
        }
        if case .notFound = output.addresses(at: 2) {} else { Issue.record("c") }
        let empty = SystemLookupOutput([], keys: ["a"], marks: marks)
        if case .notFound = empty.addresses(at: 0) {} else { Issue.record("empty") }
    }

    @Test("IPv4-mapped addresses are not IPv6 addresses")
    func mapped() {
        let output = SystemLookupOutput(Array("::ffff:192.0.2.1 STREAM a\n".utf8), keys: ["a"], marks: marks)
        if case .notFound = output.addresses(at: 0) {} else { Issue.record("mapped") }
    }

    @Test("names by the address at the start of their line")
    func names() {
        let text = "192.0.2.2       b.test alias\n2001:0db8:0::1  a.test\n"
        let output = SystemLookupOutput(
            Array(text.utf8), keys: ["2001:db8::1", "192.0.2.2", "192.0.2.3"], marks: marks)
        if case .found(_, let name) = output.name(at: 0) { #expect(name == "a.test") } else { Issue.record("a") }
        if case .found(_, let name) = output.name(at: 1) { #expect(name == "b.test") } else { Issue.record("b") }
        if case .notFound = output.name(at: 2) {} else { Issue.record("c") }
    }
}

/// Validation of host names.
@Suite("host names")
struct HostNameTests {
    @Test(
        "international names in ASCII",
        arguments: [
            ("a.test", "a.test"), ("a.test.", "a.test."), ("BÜCHER.test", "xn--bcher-kva.test"),
            ("faß.test", "xn--fa-hia.test"), ("例え。テスト", "xn--r8jz45g.xn--zckzah"), ("a_b.test", "a_b.test"),
        ])
    func ascii(name: String, expected: String) {
        #expect(throws: Never.self) { try #require(HostName.ascii(name).get() == expected) }
    }

    @Test(
        "invalid names",
        arguments: [
            "", "a b", "a\u{1B}[31mb", "a..b", ".a", "a\u{7F}", String(repeating: "a", count: 64) + ".test",
            String(repeating: "a.", count: 128), "\u{200D}ü\u{2028}.test",
        ])
    func refused(name: String) {
        #expect(throws: LookupProblem.self) { try HostName.ascii(name).get() }
    }

    @Test("names of reverse lookups")
    func pointers() throws {
        #expect(try #require(IPAddress("192.0.2.1")).reverseName == "1.2.0.192.in-addr.arpa")
        #expect(
            try #require(IPAddress("2001:db8::567:89ab")).reverseName
                == "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")
    }
}

/// Lookups without a server, with test files.
@Suite("resolver")
struct ResolverTests {
    private func answers(_ name: String, _ family: IPAddress.Family? = nil, files: [String: String]) throws -> String {
        let folder = try TemporaryFolder(files)
        let resolver = Resolver(reactor: try Reactor(), folder: folder.path)
        var text = "pending"
        resolver.lookUp(name, family: family) { result in
            switch result {
            case .found(let found):
                text = found.answers.map { "\($0.address)" }.joined(separator: " ") + " " + (found.canonicalName ?? "-")
            case .failed(let failure): text = failure.message
            }
        }
        return text
    }

    @Test("the hosts file, by its order and by family")
    func files() throws {
        let files = [
            "nsswitch.conf": "hosts: files\n",
            "hosts": "127.0.0.1 here.test here\n::1 here.test\n192.0.2.1 localhost\n",
        ]
        #expect(try answers("HERE", files: files) == "127.0.0.1 here.test")
        #expect(try answers("here.test.", .v6, files: files) == "::1 here.test")
        #expect(try answers("here", .v6, files: files) == "Name or service not known")
        #expect(try answers("nowhere.test", files: files) == "Name or service not known")
        // The hosts file takes precedence for loopback names too.
        #expect(try answers("localhost", files: files) == "192.0.2.1 localhost")
    }

    @Test(
        "loopback names are never queried",
        arguments: ["localhost", "a.b.localhost", "LOCALHOST.", "x.localhost.localdomain"])
    func loopback(name: String) throws {
        let files = ["nsswitch.conf": "hosts: dns resolve\n", "resolv.conf": "nameserver 192.0.2.1\n"]
        #expect(try answers(name, .v4, files: files).hasPrefix("127.0.0.1 "))
        #expect(try answers(name, .v6, files: files).hasPrefix("::1 "))
    }

    @Test("multicast DNS is not responsible for other names")
    func multicast() throws {
        let files = [
            "nsswitch.conf": "hosts: mdns4_minimal [NOTFOUND=return] mdns6 files [NOTFOUND=return] dns\n",
            "hosts": "192.0.2.1 here.test\n",
        ]
        #expect(try answers("here.test", files: files) == "192.0.2.1 here.test")
        #expect(try answers("nowhere.test", files: files) == "Name or service not known")
    }

    @Test("a service that only getent supports, without a getent")
    func missingGetent() throws {
        let reactor = try Reactor()
        let system = SystemLookup(reactor: reactor, paths: ["/nonexistent/getent"])
        var answer = "none"
        system.ask(.addresses, "a") { if case .unavailable = $0 { answer = "unavailable" } }
        #expect(answer == "unavailable")
    }

    @Test("changed files are reloaded")
    func changes() throws {
        let folder = try TemporaryFolder(["nsswitch.conf": "hosts: files\n", "hosts": "192.0.2.1 a\n"])
        let files = NameServiceFiles(folder: folder.path, interval: .zero)
        #expect(files.entries(named: "a").count == 1)
        try folder.write("hosts", "192.0.2.1 b\n192.0.2.2 b\n")
        #expect(files.entries(named: "a").isEmpty && files.entries(named: "b").count == 2)
    }
}

/// Descriptors and timers.
@Suite("reactor")
struct ReactorTests {
    @Test("timers fire in order, each once, and not after they are canceled")
    func timers() throws {
        let reactor = try Reactor()
        var log: [Int] = []
        let now = SystemClock.now
        _ = reactor.schedule(at: now + .milliseconds(2)) { log.append(2) }
        _ = reactor.schedule(at: now + .milliseconds(1)) { log.append(1) }
        let canceled = reactor.schedule(at: now + .milliseconds(1)) { log.append(9) }
        _ = reactor.schedule(at: now) {
            log.append(0)
            _ = reactor.schedule(at: now + .milliseconds(3)) {
                log.append(3)
                reactor.reportResult()
            }
        }
        reactor.cancel(canceled)
        while !reactor.wait(until: now + .seconds(10)).contains(.results) {
            guard SystemClock.now < now + .seconds(10) else { break }
        }
        #expect(log == [0, 1, 2, 3])
    }
}
