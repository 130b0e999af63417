import HostStack
import PacketEngine
import WireFormat

/// Resets half-open connections for source addresses that the kernel does not own. It uses a packet template and keeps
/// no connection state, because their number may reach that of the probes.
struct HalfOpenResets: Sendable {
    private struct Reset: Sendable {
        var target: IPAddress
        var port: UInt16
        var sourcePort: UInt16
        var sequence: UInt32
        var mac: MACAddress
        var template: Int
    }

    /// The maximum number of queued resets; further half-open connections time out at the target.
    private static let mostWaiting = 65_536

    private let templates: [PacketTemplate]
    /// The link of each reset.
    private let interfaces: [UInt32]
    private var resets: [Reset] = []
    private var nextReset = 0

    init(_ configuration: ScanConfiguration) {
        // The kernel resets connections to its own addresses.
        let links = configuration.ownsSource ? configuration.links.filter { $0.mac != nil } : []
        let namesInterface = configuration.sendingInterface == 0
        templates = links.map { PacketTemplate(.reset, link: $0, nextHop: nil, namesInterface: namesInterface) }
        interfaces = links.map(\.interface)
    }

    /// The time at which its next timer fires.
    var due: Instant? { nextReset == resets.count ? nil : Instant(nanoseconds: 0) }

    /// Resets a connection that a target has half opened (RFC 9293, section 3.10.7.3).
    mutating func add(
        target: IPAddress, port: UInt16, from source: IPAddress, sourcePort: UInt16, sequence: UInt32,
        mac: MACAddress, interface: UInt32
    ) {
        guard resets.count - nextReset < Self.mostWaiting,
            let template = templates.indices.first(where: {
                templates[$0].source == source && interfaces[$0] == interface
            })
        else { return }
        resets.append(
            Reset(
                target: target, port: port, sourcePort: sourcePort, sequence: sequence, mac: mac,
                template: template))
    }

    /// Appends queued resets to a batch, ahead of probes.
    mutating func append(to batch: inout PacketBatch, token: UInt64) {
        guard nextReset < resets.count else { return }
        while nextReset < resets.count {
            let reset = resets[nextReset]
            guard
                templates[reset.template].append(
                    to: &batch, token: token, target: reset.target, mac: reset.mac,
                    sourcePort: reset.sourcePort, port: reset.port, sequence: reset.sequence)
            else { return }
            nextReset += 1
        }
        resets.removeAll(keepingCapacity: true)
        nextReset = 0
    }
}
