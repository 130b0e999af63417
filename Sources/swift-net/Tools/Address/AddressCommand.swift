import LinuxProcess
import SwiftNet

/// `address`: the options, and the output.
struct AddressCommand: Command {
    static let summary = CommandSummary(
        name: "address", group: .packets, abstract: "Explain addresses, networks and ports.",
        usage: ["[options] ADDRESS[/LENGTH|/MASK]|PORT/tcp|PORT/udp..."],
        operand: ("ADDRESS", "an address, a network or PORT/tcp"),
        discussion: """
            Prints the class, network, mask, host range and kind of IPv4 and IPv6 addresses (also in brackets and with \
            a zone, fe80::1%eth0), the parts of a MAC address (02:00:00:00:00:01, 0200.0000.0001, 020000000001), and the range and service of a port. Without a prefix length, the network of an IPv4 address \
            follows from its class. A single IPv4 address may have any form of inet_aton(3), such as 127.1. No packet is sent.

            Exit status: 0 if every argument was explained, 2 on error.
            """)

    var general = GeneralOptions()
    var reports: [AddressReport] = []

    static func declare(_ options: inout OptionTable<Self>) { options.json() }

    mutating func check(_ arguments: ParsedArguments) throws {
        guard !arguments.operands.isEmpty else { throw Self.summary.missingOperand }
        reports = try arguments.operands.map { try AddressReport($0, isOnly: arguments.operands.count == 1) }
    }

    func run(_ console: Console) throws -> Int32 {
        guard console.isJSON else {
            console.output.write(reports.map(\.text).joined(separator: "\n"))
            return 0
        }
        let now = SystemClock.now
        for report in reports { console.write("address", report.row, at: now) }
        console.write("summary", AddressSummaryRow(addresses: reports.count), at: now)
        return 0
    }
}

private struct AddressSummaryRow: JSONRow {
    var addresses: Int
}
