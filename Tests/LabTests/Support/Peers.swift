import Testing

/// Programs that a test needs beside ours. One that is missing skips its tests
/// by name; in CI that is a failure.
enum Peer: String {
    case ping, fping, traceroute, scamper, mtr, nmap, tracepath, arping, rarpd, smcrouted, iperf, nft, dnsmasq, tshark,
        tcpdump,
        scapy, bash,
        zsh,
        fish,
        mandoc, setcap, nginx, lighttpd, curl, openssl, nghttpd, haproxy, h2o, apache2, caddy, squid,
        tinyproxy, microsocks
    /// Habets' arping, which Debian does not let stand beside iputils'.
    case habets
    /// A reader of nmap's XML, of PyPI.
    case libnmap

    var isInstalled: Bool {
        get async {
            // Debian's Scapy is its own Python's.
            if self == .scapy { return (try? await Lab.run(["/usr/bin/python3", "-c", "import scapy"]).status) == 0 }
            if self == .libnmap {
                return (try? await Lab.run(["sh", "-c", "\(Self.withPyPI) python3 -c 'import libnmap'"]).status) == 0
            }
            if self == .habets { return (try? await Lab.run(Self.habetsArping + ["--help"]).status) == 0 }
            return (try? await Lab.run(["sh", "-c", "command -v \(rawValue) || ls /usr/sbin/\(rawValue)"]).status) == 0
        }
    }

    /// What lets Python find the packages of PyPI, for a shell.
    static let withPyPI = "PYTHONPATH=\(Binary.repository)/.build/python"

    /// The words that start Habets' arping.
    static let habetsArping = [
        "sh", "-c",
        "LD_LIBRARY_PATH=$(echo \(Binary.repository)/.build/peers/usr/lib/*-linux-gnu) exec \(Binary.repository)/.build/peers/usr/sbin/arping \"$@\"",
        "arping",
    ]

    /// True when the test can go on; says what is missing, and fails in CI.
    static func require(_ peers: Peer...) async -> Bool {
        for peer in peers where !(await peer.isInstalled) {
            if Environment.isContinuousIntegration { Issue.record("\(peer.rawValue) is not installed") }
            print("skipped: \(peer.rawValue) is not installed")
            return false
        }
        return true
    }
}

/// Text with everything that differs from run to run made the same.
func masked(_ text: String) -> String {
    text.replacing(#/time=[0-9.]+ ms/#, with: "time=T ms")
        .replacing(#/time [0-9]+ms/#, with: "time Tms")
        .replacing(#/= [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms/#, with: "= T ms")
        .replacing(#/ipg\/ewma [0-9.]+\/[0-9.]+ ms/#, with: "ipg/ewma T ms")
        .replacing(#/, pipe [0-9]+/#, with: "")
        .replacing(#/[0-9]+ absolute/#, with: "T absolute")
        // The differences between IP timestamps, each at the end of its line.
        .replacing(#/\t-?[0-9]+\n/#, with: "\tD\n")
        .replacing(#/\[[0-9]+\.[0-9]{6}\]/#, with: "[T]")
}

/// A JSON object of our own output, read just far enough for tests.
struct JSONLine {
    let text: String

    /// The text of a field's value, without the quotes of a string.
    subscript(name: String) -> String? {
        guard let expression = try? Regex("\"\(name)\":(\"([^\"\\\\]|\\\\.)*\"|[^,}\\]]+)"),
            let match = text.firstMatch(of: expression), let value = match.output[1].substring
        else { return nil }
        return value.hasPrefix("\"") ? String(value.dropFirst().dropLast()) : String(value)
    }

    func number(_ name: String) -> Double? { self[name].flatMap(Double.init) }
}

extension Lab.Outcome {
    var objects: [JSONLine] { lines.map { JSONLine(text: String($0)) } }
    func objects(_ type: String) -> [JSONLine] { objects.filter { $0["type"] == type } }
    var summary: JSONLine? { objects.last.flatMap { $0["type"] == "summary" ? $0 : nil } }
}
