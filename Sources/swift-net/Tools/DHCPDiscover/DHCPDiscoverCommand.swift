import SwiftNet

/// `dhcp-discover`: the options and their values.
struct DHCPDiscoverCommand: Command {
    static let summary = CommandSummary(
        name: "dhcp-discover", group: .link, abstract: "List the DHCP servers of the local link and what they offer.",
        usage: ["[options]"],
        discussion: """
            Broadcasts DHCPDISCOVER, retransmits it as RFC 2131 specifies, and prints every offer with all its \
            options. Takes no lease: DHCPREQUEST is never sent. Durations are in seconds (1, 0.2) or have a unit (200ms, 2s, 1m).

            Exit status: 0 if a server made an offer, 1 if none did, 2 on error.
            """)

    var general = GeneralOptions()
    var interface: String?
    var discover = DHCPDiscover.Configuration()

    static func declare(_ options: inout OptionTable<Self>) {
        options.interface(\.interface, "Use this interface (the only one that is up).")
        options.option("--mac", value: .mac, help: "Send as the host with this MAC address (the interface's own).") {
            $0.discover.mac = $1
        }
        options.list(
            "--option", value: .dhcpOption,
            help: "Request option CODE, or send it with VALUE: text, or 0x and hexadecimal; may be given several times."
        ) { command, option in
            switch option {
            case .request(let code): command.discover.requestedOptions.append(code)
            case .send(let option):
                command.discover.options.removeAll { $0.code == option.code }
                command.discover.options.append(option)
            }
        }
        options.option(
            "-w", "--deadline", value: .duration(atLeast: .milliseconds(1)), help: "Wait TIME for offers (6)."
        ) { $0.discover.duration = $1 }
        options.section("Output")
        options.json()
        options.quiet()
        options.verbose("Also report rejected replies.")
        options.pcap()
        options.explain()
    }

    mutating func check(_ arguments: ParsedArguments) throws {
        if let operand = arguments.operands.first {
            throw UsageError("\(operand): dhcp-discover takes no operand (use -I INTERFACE for an interface)")
        }
        discover.reportsRejected = general.isVerbose
    }

    func run(_ console: Console) throws -> Int32 {
        console.limit(to: discover.duration)
        let run = try DHCPDiscover.prepare(interface, discover, options: console.runOptions(general))
        let report: any DHCPDiscoverReport =
            console.isJSON
            ? DHCPDiscoverJSON(run.link, console)
            : DHCPDiscoverText(console, isQuiet: general.isQuiet)
        let summary = try console.run(report, of: run)
        return run.outcome(of: summary).exitStatus
    }
}

/// The value of `--option`: a code alone, or with a value to send.
enum DHCPOptionArgument {
    case request(UInt8)
    case send(DHCPOption)
}

extension OptionValue where Value == DHCPOptionArgument {
    /// `CODE` or `CODE=VALUE`.
    static var dhcpOption: Self {
        OptionValue(specification: ValueSpecification(name: "CODE[=VALUE]")) { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let code = UInt8(parts[0]), !DHCPDiscoverConfiguration.reservedOptions.contains(code) else {
                throw ValueError(expected: "a code from 1 to 254 other than 52, 53 and 55, alone or with =VALUE")
            }
            guard parts.count == 2 else { return .request(code) }
            let value = parts[1]
            guard value.hasPrefix("0x") else { return .send(DHCPOption(code, Array(value.utf8))) }
            guard let bytes = bytes(ofHexadecimal: value.dropFirst(2)), !bytes.isEmpty else {
                throw ValueError(expected: "an even number of hexadecimal digits after 0x")
            }
            return .send(DHCPOption(code, bytes))
        }
    }
}
