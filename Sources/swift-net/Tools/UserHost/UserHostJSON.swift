import SwiftNet

/// The output of a user-space host, one JSON object per event.
final class UserHostJSON: UserHostReport {
    let console: Console
    let host: UserHost.Prepared
    let isVerbose: Bool
    private let isQuiet: Bool
    private let vendors = Vendors()
    private var failures: RepeatedFailures

    init(_ console: Console, _ host: UserHost.Prepared, _ general: GeneralOptions) {
        self.console = console
        self.host = host
        isQuiet = general.isQuiet
        isVerbose = general.isVerbose
        failures = RepeatedFailures(console, "a frame")
    }

    func report(_ event: UserHostEvent, at now: Instant) {
        switch event {
        case .up: if !isQuiet { console.write("up", UserHostUpRow(), at: now) }
        case .taken(let address, let mac): reportConflict(address, mac, "not-used", at: now)
        case .defended(let address, let mac): reportConflict(address, mac, "defended", at: now)
        case .relinquished(let address, let mac): reportConflict(address, mac, "given-up", at: now)
        case .peer(let peer):
            guard !isQuiet else { return }
            let row = UserHostPeerRow(
                addr: peer.address, mac: peer.mac, vendor: vendors.name(of: peer.mac),
                interface: host.interfaceName(peer.interface), did: peer.did.map(\.text))
            console.write("peer", row, at: peer.last)
        case .stream(let stream): console.write("stream", UserHostStreamRow(stream), at: now)
        case .failed(let failure): failures.note(failure)
        }
    }

    private func reportConflict(_ address: IPAddress, _ mac: MACAddress, _ action: String, at now: Instant) {
        let row = UserHostConflictRow(addr: address, mac: mac, vendor: vendors.name(of: mac), action: action)
        console.write("conflict", row, at: now)
    }

    func finish(_ summary: UserHost.Summary, drops: KernelDrops, at now: Instant) {
        conclude(summary)
        var row = UserHostSummaryRow(summary)
        if !summary.routes.isEmpty {
            row.routes = summary.routes.map {
                .init(
                    network: "\($0.network)", gateway: $0.gateway, interface: host.interfaceName(of: $0),
                    packets: $0.useCount)
            }
        }
        console.write("summary", row, at: now)
    }
}

/// The host's addresses are in use.
private struct UserHostUpRow: JSONRow {}

/// Another host has one of the addresses.
private struct UserHostConflictRow: JSONRow {
    var addr: IPAddress
    var mac: MACAddress
    @Null var vendor: String?
    /// What the host did.
    var action: String
}

/// A host used a protocol or port for the first time.
private struct UserHostPeerRow: JSONRow {
    var addr: IPAddress
    var mac: MACAddress
    @Null var vendor: String?
    @Null var interface: String?
    /// All protocols and ports that it has used, in order.
    var did: [String]
}

/// A stream to the iperf service has ended.
private struct UserHostStreamRow: JSONRow {
    var `protocol`: String
    var addr: IPAddress
    var port: UInt16
    var bytes: UInt64
    var elapsedMs: Nanoseconds
    var bitsPerSecond: Double
    /// UDP alone.
    var datagrams: Int64?
    var lost: Int64?
    var outOfOrder: Int64?
    var jitterMs: Nanoseconds?

    init(_ stream: IperfStream) {
        `protocol` = stream.datagrams == nil ? "tcp" : "udp"
        addr = stream.remote.address
        port = stream.remote.port
        bytes = stream.byteCount
        elapsedMs = stream.elapsed
        bitsPerSecond = stream.bitsPerSecond.rounded()
        datagrams = stream.datagrams?.total
        lost = stream.datagrams?.lost
        outOfOrder = stream.datagrams?.outOfOrder
        jitterMs = stream.datagrams?.jitter
    }
}

/// The summary of a host's run.
private struct UserHostSummaryRow: JSONRow {
    var peers: Int
    var received: UInt64
    var sent: UInt64
    var delivered: UInt64
    var forwarded: UInt64
    var malformed: UInt64
    var dropped: UInt64
    var unreachable: UInt64
    var redirects: UInt64
    /// The routes of a router.
    var routes: [RouteRow]?
    var elapsedMs: Nanoseconds

    struct RouteRow: Encodable {
        var network: String
        @Null var gateway: IPAddress?
        @Null var interface: String?
        var packets: UInt64
    }

    init(_ summary: UserHost.Summary) {
        let counters = summary.counters
        peers = summary.peerCount
        received = counters.received
        sent = counters.sent
        delivered = counters.delivered
        forwarded = counters.forwarded
        malformed = counters.malformed
        dropped = counters.dropped
        unreachable = counters.unreachable
        redirects = counters.redirectsSent
        elapsedMs = summary.elapsed
    }
}
