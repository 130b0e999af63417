import HostStack
import HostStackTestSupport
import PacketEngine
import WireFormat

/// The port of an engine on a simulated link of hosts and routers, each a user-space stack.
///
/// Frames are sent unchanged; datagrams go to `nextHop`, the MAC address from `nextHops` or the only one.
struct WirePort: PacketPort {
    typealias Failure = Never

    /// Received packets.
    private final class Inbox {
        var frames: [(at: Instant, bytes: [UInt8])] = []
        /// Raw sockets receive whole datagrams.
        var reassembly = Reassembly()
    }

    private let wire: SimulatedWire
    private let mac: MACAddress
    private let nextHop: MACAddress?
    private let inbox = Inbox()
    /// Called with sent packets.
    var sent: (_ frame: [UInt8]) -> Void = { _ in }
    var signals: [(at: Instant, wakeup: WakeReason)] = []

    /// - Parameters:
    ///   - address: an IPv4 address to answer ARP for.
    ///   - nextHop: the MAC address for datagrams; nil for engines of frames.
    init(on wire: SimulatedWire, mac: MACAddress, address: IPv4Address? = nil, nextHop: MACAddress? = nil) {
        self.wire = wire
        self.mac = mac
        self.nextHop = nextHop
        let isFrames = nextHop == nil
        wire.delivered = { [inbox] now, number, frame in
            guard number == 1, let received = ReceivedFrame(frame.rawBytes) else { return }
            if let address, !isFrames, let arp = ReceivedARP(frame.rawBytes), arp.packet.targetAddress == address {
                wire.send(ARPFrame.bytes(arp.packet.reply(from: mac), to: arp.frameSource), from: -1)
            }
            if received.destination == mac || received.destination.isMulticast { inbox.frames.append((now, frame)) }
        }
    }

    var now: Instant { wire.now }

    func send<E: Engine & ~Copyable>(
        _ batch: borrowing PacketBatch, from first: Int, reportingTo engine: inout E
    ) -> Int {
        for index in first..<batch.count {
            let entry = batch.entries[index]
            var bytes = batch.bytes(of: entry)
            if let nextHop {
                bytes = EthernetHeader.padded(
                    EthernetHeader(
                        destination: nextHop, source: mac, etherType: bytes[0] >> 4 == 4 ? .ipv4 : .ipv6
                    ).encoded() + bytes)
            }
            wire.send(bytes, from: -1)
            sent(bytes)
        }
        engine.transmitted(batch, first..<batch.count, from: wire.now, span: .zero)
        return batch.count
    }

    func receive<E: Engine & ~Copyable>(into engine: inout E) -> Int {
        let heard = inbox.frames
        inbox.frames.removeAll()
        for (at, frame) in heard {
            guard nextHop != nil else {
                engine.receive(ReceivedPacket(frame: frame.rawBytes, arrival: at, interfaceIndex: 1))
                continue
            }
            guard let received = ReceivedFrame(frame.rawBytes), received.etherType == .ipv4,
                case .complete(let datagram) = inbox.reassembly.add(
                    ipv4: frame.rawBytes.dropping(received.payloadOffset), now: at.nanoseconds),
                let view = try? IPv4View(datagram.rawBytes), view.protocol == .icmp
            else { continue }
            engine.receive(
                ReceivedPacket(
                    bytes: view.bytes.prefix(view.datagramLength), form: .datagram, arrival: at,
                    source: .v4(view.source)))
        }
        return heard.count
    }

    mutating func wait(until deadline: Instant?) -> WakeReason {
        // Without a further event: a minute is long enough.
        let end = min(deadline ?? wire.now + .seconds(60), signals.first?.at ?? wire.now + .seconds(60))
        let inbox = inbox
        if end > wire.now { wire.run(for: end - wire.now) { !inbox.frames.isEmpty } }
        if let first = signals.first, first.at <= wire.now {
            signals.removeFirst()
            return first.wakeup
        }
        return inbox.frames.isEmpty ? [] : .packets
    }
}
