import HostStack
import PacketEngine
import WireFormat

/// What a host would send by itself, for a source address that the system does not own:
/// resets of what is half open, and answers to ARP.
struct ScanReplies: Sendable {
    private struct Reset: Sendable {
        var target: IPAddress
        var port: UInt16
        var sourcePort: UInt16
        var sequence: UInt32
        var machine: MACAddress
        var template: Int
    }

    /// Half-open connections beyond these are left to time out at the other end.
    private static let mostWaiting = 65_536

    private let isActive: Bool
    private let templates: [ProbeTemplate]
    /// Where each of them leaves.
    private let interfaces: [UInt32]
    private var resets: [Reset] = []
    private var nextReset = 0
    private var module: ARPModule?
    /// Of the module's frames; 0 where there is only one.
    private let interface: UInt32
    private var frames: [[UInt8]] = []

    init(_ configuration: ScanConfiguration) {
        isActive = configuration.ownsSource
        var links: [ScanLink] = []
        for way in configuration.ways where !links.contains(way.link) && way.link.mac != nil { links.append(way.link) }
        let namesInterface = configuration.sendingInterface == 0
        templates = links.map { ProbeTemplate(.rst, link: $0, nextHop: nil, namesInterface: namesInterface) }
        interfaces = links.map(\.interface)
        interface = namesInterface ? links.first?.interface ?? 0 : 0
        if isActive, let link = links.first, let mac = link.mac, case .v4(let address) = link.source {
            module = ARPModule(ARPConfiguration(mac: mac, addresses: [address]))
        }
    }

    /// When it has something to do by itself.
    var due: Instant? { frames.isEmpty && nextReset == resets.count ? nil : Instant(nanoseconds: 0) }

    /// Resets a connection that a target has half opened (RFC 9293, section 3.10.7.3).
    mutating func reset(
        target: IPAddress, port: UInt16, from source: IPAddress, sourcePort: UInt16, sequence: UInt32,
        machine: MACAddress, interface: UInt32
    ) {
        guard isActive, resets.count - nextReset < Self.mostWaiting,
            let template = templates.indices.first(where: {
                templates[$0].source == source && interfaces[$0] == interface
            })
        else { return }
        resets.append(
            Reset(
                target: target, port: port, sourcePort: sourcePort, sequence: sequence, machine: machine,
                template: template))
    }

    /// Takes in an ARP packet.
    mutating func receive(_ packet: borrowing ReceivedPacket, into events: inout [ScanEvent]) {
        guard module != nil, let arrived = ArrivedARP(packet.bytes) else { return }
        module?.input(arrived.packet, at: packet.arrival)
        var conflicts: [ScanEvent] = []
        module?.drain { event in
            switch event {
            case .frame(let frame): frames.append(frame)
            case .conflict(let address, let mac): conflicts.append(.conflict(address, mac))
            default: break
            }
        }
        events += conflicts
    }

    /// Adds what is waiting to a batch, ahead of probes.
    mutating func append(to batch: inout PacketBatch, token: UInt64, at now: Instant) {
        guard isActive else { return }
        while let frame = frames.first, batch.append(frame: frame, token: token, interface: interface) {
            frames.removeFirst()
        }
        while nextReset < resets.count {
            let reset = resets[nextReset]
            guard
                templates[reset.template].append(
                    to: &batch, token: token, target: reset.target, machine: reset.machine,
                    sourcePort: reset.sourcePort, port: reset.port, sequence: reset.sequence)
            else { return }
            nextReset += 1
        }
        resets.removeAll(keepingCapacity: true)
        nextReset = 0
    }
}
