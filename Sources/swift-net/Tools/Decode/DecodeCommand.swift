import LinuxProcess
import SwiftNet

/// `decode`: the options and their values.
struct DecodeCommand: Command {
    static let summary = CommandSummary(
        name: "decode", group: .packets, abstract: "Print the packets of a capture file.",
        usage: ["[options] FILE|- [FILTER...]"],
        operand: ("FILE", "a pcap or pcapng file, or -"),
        discussion: """
            Reads pcap and pcapng files, compressed with gzip or not, and prints one line per packet as tcpdump -n does. A filter consists of layers \
            (arp, ip, ip6, icmp, igmp, tcp, udp, http, vlan ...), [src|dst] host ADDRESS, net NETWORK, \
            port NUMBER, portrange FIRST-LAST, ether host MAC, and, or, not and parentheses.

            Exit status: 0 if packets were printed or counted, 1 if none was or if the file is truncated or not a \
            capture file, 2 on error.
            """,
        foreignOptions: [
            ("-r", "the file is an argument: swift-net decode FILE"), ("-A", "-x prints the bytes"),
            ("-X", "-x prints the bytes"), ("-XX", "-x prints the bytes"), ("-#", "--number"), ("-t", "--time none"),
            ("-tt", "--time epoch"), ("-ttt", "--time delta"), ("-tttt", "--time utc"),
            ("-Y", "--filter EXPRESSION"), ("-T", "--json"), ("--nano", "--precise"),
            ("--time-stamp-precision", "--precise"),
        ])

    var general = GeneralOptions()
    var filterText: String?
    var limit = Int.max
    var timeFormat = PacketTime.Format.local
    var isPrecise = false
    var showsBytes = false
    var showsLinkLevel = false
    var showsNumber = false

    var file = ""
    var filter: PacketFilter?
    /// Whether packets are printed, not only counted or copied.
    var printsPackets = true

    static func declare(_ options: inout OptionTable<Self>) {
        options.section("Packets")
        options.option(
            "-c", "--count", value: .integer(1...Int.max, "COUNT"), help: "Stop after COUNT matching packets."
        ) { $0.limit = $1 }
        options.option(
            "--filter", value: .text("EXPRESSION"), help: "Select matching packets, like FILTER."
        ) { $0.filterText = $1 }
        options.option(
            "-w", "--pcap", value: .file, help: "Write the selected packets to FILE (pcapng; - for standard output)."
        ) { $0.general.capture = $1 }
        options.section("Output")
        options.json()
        options.quiet("Print only the number of packets.")
        options.flag("-v", "--verbose", help: "Print every field with its offset, name and value.", excludes: ["-q"]) {
            $0.general.verbosity += 1
        }
        options.explain("Explain the first N packets, field by field (2).", excludes: ["-q", "-v"])
        options.flag("-x", "--hex", help: "Also print the bytes.", excludes: ["-q"]) { $0.showsBytes = true }
        options.flag(
            "-e", "--link-level", help: "Print the link-layer addresses before each line.", excludes: ["-j", "-q"]
        ) { $0.showsLinkLevel = true }
        options.flag("--number", help: "Print the packet number before each line.", excludes: ["-j", "-q"]) {
            $0.showsNumber = true
        }
        options.option(
            "--time", value: .choice(PacketTime.Format.self),
            help: "Set the format of the times; delta is the time since the previous packet (local).",
            excludes: ["-j", "-q"]
        ) { $0.timeFormat = $1 }
        options.flag("--precise", help: "Print times with nanoseconds.", excludes: ["-q"]) { $0.isPrecise = true }
        options.flag("-n", "--numeric", help: "Accepted for compatibility; names are never looked up.") { _ in }
        options.color()
    }

    mutating func check(_ arguments: ParsedArguments) throws {
        guard let file = arguments.operands.first else { throw Self.summary.missingOperand }
        self.file = file
        let operands = arguments.operands.dropFirst().joined(separator: " ")
        guard filterText == nil || operands.isEmpty else {
            throw UsageError("--filter cannot be used with a filter after the file")
        }
        if isPrecise, timeFormat == .none { throw UsageError("--precise cannot be used with --time none") }
        let text = filterText ?? operands
        do {
            filter = try text.isEmpty ? nil : PacketFilter(text)
        } catch {
            throw UsageError("\(filterText == nil ? "filter" : "--filter"): \(error)")
        }
        // As with tcpdump -w, a capture on standard output suppresses the lines, unless an option about lines is given.
        let writesToOutput = general.capture.map(BufferedOutput.isStandardOutput) ?? false
        let asksForLines = ["-v", "-x", "-e", "--number", "--time", "--precise", "--explain"].contains(
            where: arguments.has)
        printsPackets = !general.isQuiet && (!writesToOutput || asksForLines)
    }

    func run(_ console: Console) throws -> Int32 { try DecodeRun(command: self, console: console).run() }
}
