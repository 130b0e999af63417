import SwiftNet

/// The values of the options that have the same meaning in every command that accepts them.
struct GeneralOptions {
    var isJSON = false
    var isQuiet = false
    /// The number of -v options.
    var verbosity = 0
    /// The file of --pcap.
    var capture: String?
    /// The number of packets to explain in each direction.
    var explained: Int?

    var isVerbose: Bool { verbosity > 0 }
}

/// The options that several commands share.
extension OptionTable where Owner: Command {
    /// Adds -4 and -6.
    mutating func families(
        _ family: WritableKeyPath<Owner, IPAddress.Family?>, ipv4: String = "Use IPv4.",
        ipv6: String = "Use IPv6."
    ) {
        flag("-4", "--ipv4", help: ipv4, excludes: ["-6"]) { $0[keyPath: family] = .v4 }
        flag("-6", "--ipv6", help: ipv6, excludes: ["-4"]) { $0[keyPath: family] = .v6 }
    }

    /// Adds -I for one interface.
    mutating func interface(_ name: WritableKeyPath<Owner, String?>, _ help: String) {
        option("-I", "--interface", value: .interface, help: help) { $0[keyPath: name] = $1 }
    }

    mutating func json(in modes: [CommandMode] = []) {
        flag("-j", "--json", help: "Print one JSON object per line.", in: modes) { $0.general.isJSON = true }
    }

    mutating func quiet(_ help: String = "Print only the summary.") {
        flag("-q", "--quiet", help: help) { $0.general.isQuiet = true }
    }

    mutating func verbose(_ help: String) {
        flag("-v", "--verbose", help: help) { $0.general.verbosity += 1 }
    }

    mutating func pcap(in modes: [CommandMode] = [], excludes: [String] = []) {
        option(
            "--pcap", value: .file, help: "Write every frame sent or received to FILE (pcapng; - for standard output).",
            in: modes, excludes: excludes
        ) { $0.general.capture = $1 }
    }

    mutating func explain(
        _ help: String = "Explain the first N packets sent and received, field by field (2).",
        in modes: [CommandMode] = [], excludes: [String] = []
    ) {
        option(
            "--explain", value: .integer(1...1_000_000), preset: "2", help: help, in: modes, excludes: excludes
        ) { $0.general.explained = $1 }
    }

    // The console reads the value from the arguments.
    mutating func color() {
        option("--color", value: .choice(ColorUse.self), help: "Use colors (auto: on a terminal).") { _, _ in }
    }
}

/// When output is colored.
enum ColorUse: String, CaseIterable {
    case auto, always, never
}
