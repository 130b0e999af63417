import MonitorCore
import MonitorWeb
import SwiftNet
import Testing

@testable import swift_net_monitor

@Suite("the command line and the configuration file")
struct ConfigurationTests {
    private static func settings(_ text: String) throws -> MonitorSettings {
        var settings = MonitorSettings()
        try ConfigurationFile(path: "monitor.toml", text: text).apply(to: &settings)
        try settings.check()
        return settings
    }

    @Test(
        "targets by their form",
        arguments: [
            ("192.0.2.1", Check.Kind.ping, "192.0.2.1", 1.0), ("ping://example.net", .ping, "example.net", 1),
            ("2001:db8::1", .ping, "2001:db8::1", 1), ("https://example.net/", .http, "https://example.net/", 10),
            ("HTTP://example.net", .http, "HTTP://example.net", 10),
            ("tcp://[2001:db8::1]:22", .tcp, "[2001:db8::1]:22", 10),
        ])
    func forms(target: (text: String, kind: Check.Kind, target: String, interval: Double)) throws {
        let check = try Check(argument: target.text)
        #expect(check.kind == target.kind && check.target == target.target && check.interval.seconds == target.interval)
        #expect(check.name == (target.kind == .ping ? target.target : target.text))
    }

    @Test(
        "targets that are none",
        arguments: [
            "tcp://192.0.2.1", "tcp://192.0.2.1:0", "tcp://:22", "tcp://2001:db8::1:22x", "ftp://example.net",
            "http://", "192.0.2.0/24", "",
        ])
    func noTargets(text: String) {
        #expect(throws: (any Error).self) {
            var settings = MonitorSettings()
            settings.checks = [try Check(argument: text)]
            try settings.check()
        }
    }

    @Test("a whole file")
    func whole() throws {
        let settings = try Self.settings(
            """
            listen = "[::1]:9431"
            store = "/tmp/x.sqlite"
            max-size = "500MB"
            hosts = ["monitor.example.net"]
            on-event = "logger"

            [defaults]
            interval = "5s"
            tags = { site = "berlin" }

            [[target]]
            name = "router1"
            target = "192.0.2.254"
            interval = 0.5

            [[group]]
            targets = ["192.0.2.1", "example.net"]
            behind = "router1"
            family = 4
            dscp = 46
            size = 100

            [[group]]
            interval = 60
            timeout = "500ms"
            insecure = true
            status = "200-204"
            silent-until = "2026-12-01T00:00:00Z"
            match = "welcome"
            headers = { Accept = "text/html" }
            targets = ["https://example.net/", "tcp://192.0.2.5:22"]
            [group.tags]
            site = "paris"
            """)
        #expect(settings.listen == .tcp(host: "::1", port: 9_431) && settings.retention.size == 500_000_000)
        let checks = Dictionary(uniqueKeysWithValues: settings.checks.map { ($0.name, $0) })
        let router = try #require(checks["router1"])
        #expect(router.interval == .milliseconds(500) && router.timeout == .milliseconds(500) && router.behind == nil)
        let host = try #require(checks["192.0.2.1"])
        #expect(host.interval == .seconds(5) && host.behind == "router1" && host.tags == ["site": "berlin"])
        #expect(host.settings.family == .v4 && host.settings.codePoint == 46 && host.settings.size == 100)
        let web = try #require(checks["https://example.net/"])
        #expect(web.interval == .seconds(60) && web.timeout == .milliseconds(500) && web.tags == ["site": "paris"])
        #expect(web.silentUntil == midnight && host.silentUntil == nil)
        #expect(web.settings.statuses == 200...204 && web.settings.match == "welcome")
        #expect(web.settings.isInsecure && web.settings.fields == [.init(name: "Accept", value: "text/html")])
        #expect(checks["tcp://192.0.2.5:22"]?.kind == .tcp && settings.checks.count == 5)
    }

    @Test(
        "mistakes are named with line and column",
        arguments: [
            ("listen = \n", "monitor.toml:1:", ""),
            ("listen = \"nonsense\"\n", "monitor.toml:1:1: listen: expected ADDRESS:PORT or unix:PATH", ""),
            ("\n\n[[target]]\ntarget = \"a\"\n  intervals = 3\n", "monitor.toml:5:3: unknown key 'intervals'", ""),
            ("[[group]]\ntargets=[\"a\"]\n[[group]]\ntargets = [1]\n", "monitor.toml:4:1: a target is a text", ""),
            ("[[group]]\nname=\"x\"\n", "monitor.toml:1: a group needs targets", ""),
            ("[[target]]\ntarget = \"tcp://x\"", "monitor.toml:2:1: tcp://x: is not HOST:PORT", ""),
            ("[[target]]\ntarget = \"x\"\ninterval = \"soon\"", "monitor.toml:3:1: interval: expected a duration", ""),
            ("[[target]]\ntarget = \"x\"\nfamily = 5", "monitor.toml:3:1: family: expected 4 or 6", ""),
            ("[[target]]\ntarget = \"x\"\n[target.tags]\n\"a b\" = \"c\"", "monitor.toml:3:1: tags: 'a b' has", ""),
            ("[[target]]\ntarget = \"x\"\nheaders = { A = \"b\\nc\" }", "monitor.toml:3:1: headers: 'A' has", ""),
            ("target = 3", "monitor.toml:1:1: target: expected [[target]]", ""),
        ])
    func mistakes(mistake: (text: String, start: String, none: String)) {
        let problem = #expect(throws: ConfigurationFile.Problem.self) { try Self.settings(mistake.text) }
        #expect(problem?.description.hasPrefix(mistake.start) == true, "\(problem?.description ?? "")")
    }

    @Test(
        "contradictions are refused",
        arguments: [
            ("", "no targets: "), ("[[group]]\ntargets = [\"a\", \"a\"]", "a: two targets have this name"),
            ("[[target]]\ntarget = \"a\"\nbehind = \"b\"", "a: is behind 'b', which is no other target"),
            ("[[target]]\ntarget = \"a\"\nbehind = \"a\"", "a: is behind 'a', which is no other target"),
            ("[[target]]\ntarget = \"a\"\ninterval = \"1ms\"", "a: the interval is not from 100 ms to a day"),
            ("listen = \"192.0.2.1:9430\"\n[[target]]\ntarget = \"a\"", "--listen 192.0.2.1: others can reach"),
            ("listen = \"[::]:9430\"\n[[target]]\ntarget = \"a\"", "--listen ::: others can reach"),
        ])
    func contradictions(example: (text: String, start: String)) {
        let problem = #expect(throws: CheckProblem.self) { try Self.settings(example.text) }
        #expect(problem?.description.hasPrefix(example.start) == true, "\(problem?.description ?? "")")
    }

    @Test("loopback needs no token, and others do not with one")
    func access() throws {
        for listen in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/run/x"] {
            _ = try Self.settings("listen = \"\(listen)\"\n[[target]]\ntarget = \"a\"")
        }
        for line in ["token-file = \"/etc/token\"", "public-read-only = true"] {
            _ = try Self.settings("listen = \"0.0.0.0:1\"\n\(line)\n[[target]]\ntarget = \"a\"")
        }
    }
}
