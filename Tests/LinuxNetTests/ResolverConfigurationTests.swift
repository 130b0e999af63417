import Testing
import WireFormat

@testable import LinuxNet

/// Parsing of resolv.conf(5), as in glibc.
@Suite("resolv.conf")
struct ResolverConfigurationTests {
    @Test("an empty file means the loopback server, and the domain of the host name")
    func empty() {
        let configuration = ResolverConfiguration(Array("".utf8), hostName: "h.lab.test")
        #expect(configuration.servers == [.init(address: .v4(.loopback))])
        #expect(configuration.searchDomains == ["lab.test"])
        #expect(configuration.dotThreshold == 1 && configuration.timeout == 5 && configuration.attempts == 2)
        #expect(ResolverConfiguration(Array("".utf8), hostName: "h").searchDomains.isEmpty)
    }

    @Test("keywords, comments, zones and limits")
    func keywords() throws {
        let text = """
            # nameserver 192.0.2.9
            ; nameserver 192.0.2.8
            nameserver 192.0.2.1
            nameserver\t2001:db8::1
             nameserver 192.0.2.7
            nameserver fe80::1%eth0
            nameserver 192.0.2.4
            nameserver nonsense
            domain a.test
            search b.test c.test.
            options ndots:99 timeout:99 attempts:99 rotate use-vc edns0 no-aaaa unknown:1
            """
        let configuration = ResolverConfiguration(Array(text.utf8))
        #expect(configuration.servers.map { "\($0.address)" } == ["192.0.2.1", "2001:db8::1", "192.0.2.7"])
        #expect(configuration.searchDomains == ["b.test", "c.test."])
        #expect(configuration.dotThreshold == 15 && configuration.timeout == 30 && configuration.attempts == 5)
        #expect(configuration.rotates && configuration.usesTCP && configuration.usesEDNS && configuration.omitsIPv6)
        let zoned = ResolverConfiguration(Array("nameserver fe80::1%eth0\n".utf8))
        #expect(zoned.servers == [.init(address: try #require(IPAddress("fe80::1")), zone: "eth0")])
    }

    @Test("the environment replaces the search list and adds options")
    func environment() {
        let configuration = ResolverConfiguration(
            Array("search a.test\noptions ndots:2 timeout:3\n".utf8), domains: "b.test c.test", options: "ndots:4")
        #expect(configuration.searchDomains == ["b.test", "c.test"])
        #expect(configuration.dotThreshold == 4 && configuration.timeout == 3)
        #expect(ResolverConfiguration(Array("search .\n".utf8), hostName: "h.lab.test").searchDomains.isEmpty)
    }

    @Test(
        "the names to query, in order",
        arguments: [
            ("h", 1, ["h.a.test", "h.b.test", "h"]),
            ("h.c", 1, ["h.c", "h.c.a.test", "h.c.b.test"]),
            ("h.c", 2, ["h.c.a.test", "h.c.b.test", "h.c"]),
            ("h.", 1, ["h"]),
            ("h", 0, ["h", "h.a.test", "h.b.test"]),
        ])
    func candidates(name: String, dots: Int, expected: [String]) {
        let configuration = ResolverConfiguration(Array("search a.test b.test.\noptions ndots:\(dots)\n".utf8))
        #expect(configuration.candidates(for: name) == expected)
    }
}

/// The `hosts:` line of nsswitch.conf(5).
@Suite("nsswitch.conf")
struct NameServiceSwitchTests {
    @Test(
        "services in order",
        arguments: [
            ("", ["files", "dns"]),
            ("passwd: files\n", ["files", "dns"]),
            ("hosts: files dns # resolve\n", ["files", "dns"]),
            ("hosts:files mdns4_minimal [NOTFOUND=return] dns\n", ["files", "mdns4_minimal", "dns"]),
            ("hosts: files\nhosts: dns files\n", ["dns", "files"]),
            ("#hosts: dns\n hosts:\tfiles  resolve[!UNAVAIL=return]dns", ["files", "resolve", "dns"]),
            ("hosts:\n", ["files", "dns"]),
        ])
    func services(text: String, expected: [String]) {
        #expect(NameServiceSwitch(Array(text.utf8)).services.map(\.name) == expected)
    }

    @Test("actions in brackets")
    func actions() {
        let line = "hosts: a [NOTFOUND=return] b [!UNAVAIL=return] c [success=continue TRYAGAIN=return] d\n"
        let services = NameServiceSwitch(Array(line.utf8)).services
        #expect(services.map(\.name) == ["a", "b", "c", "d"])
        #expect(services[0].returns == [.success, .notFound])
        #expect(services[1].returns == [.success, .notFound, .tryAgain])
        #expect(services[2].returns == [.tryAgain])
        #expect(services[3].returns == [.success])
    }
}

/// hosts(5).
@Suite("hosts file")
struct HostsFileTests {
    private func file() -> HostsFile {
        HostsFile(
            Array(
                """
                # comment
                127.0.0.1\tlocalhost loopback
                192.0.2.1 Alpha.test alpha a # 192.0.2.9 hidden
                2001:db8::1   alpha.test
                  192.0.2.2 beta
                fe80::1%lo link
                nonsense gamma
                192.0.2.3
                192.0.2.4 héllo\r
                192.0.2.1 second
                192.0.2.5 last
                """.utf8))
    }

    /// The first names are found by scanning, later ones with the index.
    @Test("every line of a name, ignoring case", arguments: [0, 40])
    func forward(scans: Int) throws {
        var file = file()
        for _ in 0..<scans { _ = file.entries(named: "nowhere") }
        let found = file.entries(named: "ALPHA.test")
        #expect(found.map { "\($0.address)" } == ["192.0.2.1", "2001:db8::1"])
        #expect(found[0].names == ["Alpha.test", "alpha", "a"])
        #expect(file.entries(named: "a").count == 1 && file.entries(named: "beta").count == 1)
        #expect(file.entries(named: "hidden").isEmpty && file.entries(named: "gamma").isEmpty)
        #expect(file.entries(named: "alph").isEmpty && file.entries(named: "192.0.2.1").isEmpty)
        #expect(file.entries(named: "héllo").count == 1 && file.entries(named: "last").count == 1)
        #expect(file.entries(named: "link").first?.zone == "lo")
    }

    @Test("the first line of an address")
    func reverse() throws {
        let file = file()
        #expect(file.entry(of: try #require(IPAddress("192.0.2.1")))?.names.first == "Alpha.test")
        #expect(file.entry(of: try #require(IPAddress("192.0.2.9"))) == nil)
        #expect(file.entry(of: try #require(IPAddress("2001:db8::1")))?.names == ["alpha.test"])
        #expect(file.entry(of: try #require(IPAddress("192.0.2.3"))) == nil)
    }

    @Test("random bytes do not trap")
    func random() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789.:#% \t\n\rabc".utf8) + [0, 0xFF, 0xC3]
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            var file = HostsFile(bytes)
            _ = file.entries(named: "abc")
            _ = file.entry(of: .v4(.loopback))
            _ = NameServiceSwitch(bytes)
            _ = ResolverConfiguration(bytes)
        }
    }
}
