import SwiftNet

/// The output of `dhcp-discover` as one JSON object per line.
final class DHCPDiscoverJSON: DHCPDiscoverReport {
    private let link: EthernetLink
    private let console: Console
    private let vendors = Vendors()
    private var servers = DHCPServerList()

    init(_ link: EthernetLink, _ console: Console) {
        self.link = link
        self.console = console
    }

    func report(_ event: DHCPDiscoverEvent, at now: Instant) {
        switch event {
        case .rejected(let reply): console.complain(reply.message)
        case .offer(let offer):
            servers.append(offer)
            let row = DHCPOfferRow(
                addr: offer.address, server: offer.server, serverMac: offer.serverMAC,
                serverVendor: vendors.name(of: offer.serverMAC), relay: offer.relay, leaseS: offer.leaseTime,
                nextServer: offer.nextServer, bootServerName: text(offer.bootServerName),
                bootFile: text(offer.bootFile),
                options: OrderedMembers(offer.options.map { ($0.name, DHCPOptionRow(value: $0.value)) }),
                rttMs: offer.roundTrip)
            console.write("offer", row, at: offer.arrival)
        }
    }

    /// Returns the text of a field; nil if it is empty.
    private func text(_ field: [UInt8]) -> String? { field.isEmpty ? nil : String(decoding: field, as: UTF8.self) }

    func finish(_ summary: DHCPDiscoverSummary, drops: KernelDrops, at now: Instant) {
        let row = DHCPDiscoverRow(
            interface: link.name, transmitted: summary.sent, received: summary.received, servers: summary.servers,
            rejected: summary.rejected, elapsedMs: summary.elapsed)
        console.write("summary", row, at: now)
        servers.check(console)
    }
}

private struct DHCPOfferRow: JSONRow {
    var addr: IPv4Address
    var server: IPv4Address
    var serverMac: MACAddress
    @Null var serverVendor: String?
    var relay: IPv4Address?
    /// The lease time in seconds; 4294967295 is infinite.
    @Null var leaseS: UInt32?
    var nextServer: IPv4Address?
    var bootServerName: String?
    var bootFile: String?
    var options: OrderedMembers<DHCPOptionRow>
    var rttMs: Nanoseconds
}

/// The value of an option: a string, a number, a flag, or an array.
private struct DHCPOptionRow: Encodable {
    var value: DHCPOption.Value

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch value {
        case .address(let address): try container.encode(address)
        case .addresses(let addresses): try container.encode(addresses)
        case .text(let bytes): try container.encode(String(decoding: bytes, as: UTF8.self))
        case .number(let number): try container.encode(number)
        case .numbers(let numbers): try container.encode(numbers)
        case .flag(let isSet): try container.encode(isSet)
        case .list(let parts): try container.encode(parts)
        case .name(let name): try container.encode(name)
        case .bytes: try container.encode(value.description)
        }
    }
}

private struct DHCPDiscoverRow: JSONRow {
    var interface: String
    var transmitted: Int
    var received: Int
    var servers: Int
    var rejected: Int
    var elapsedMs: Nanoseconds
}
