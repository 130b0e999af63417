import HostStack
import PacketEngine
import WireFormat

/// The host behind source addresses that the system does not own: others learn from it which machine has them,
/// by ARP and by neighbor discovery, and handshakes of the scan can be ended at it.
final class SourceHost {
    var host: UserSpaceHost
    /// Bytes of the longest frame.
    let frameLength: Int
    /// What has come up at connections, until somebody takes it.
    private(set) var news: [(connection: TCPIdentifier, notices: TCPNotices)] = []
    /// Others who say that an address is theirs, until somebody takes it.
    private(set) var conflicts: [(address: IPAddress, mac: MACAddress)] = []
    private var lastConflict: Instant?

    /// Who says so again and again is not told of each time.
    private static let conflictPause = Nanoseconds.seconds(10)

    /// - Parameters:
    ///   - links: where probes leave, and from which addresses.
    ///   - token: what the frames are called in batches.
    init(_ links: [SYNScanLink], key: SipHash, token: UInt64) {
        var configuration = HostConfiguration(
            links.compactMap { link in
                guard let mac = link.mac else { return nil }
                // Of all others the scan says who takes their frames.
                return HostConfiguration.Interface(
                    index: link.interface, mac: mac, addresses: [(link.source, 0)], addsLinkLocal: false)
            }, seed: (key(1), key(2)))
        // That nobody has them was asked before.
        configuration.checksAddresses = false
        BannerCollector.configure(&configuration.tcp)
        frameLength = configuration.frameLength
        host = UserSpaceHost(configuration)
        host.frameToken = token
    }

    /// When it has something to do by itself.
    var due: Instant? { host.deadline }

    /// Takes in a frame.
    func receive(_ packet: borrowing ReceivedPacket) {
        host.receive(
            packet.bytes, on: packet.interfaceIndex, at: packet.arrival, hasPendingChecksum: packet.hasPendingChecksum)
        settle(at: packet.arrival)
    }

    /// Does what has become due.
    func advance(at now: Instant) {
        host.advance(at: now)
        settle(at: now)
    }

    private func settle(at now: Instant) {
        host.drain { event in
            switch event {
            case .connection(let connection, let notices, _): news.append((connection, notices))
            case .conflict(let address, let mac):
                if let last = lastConflict, now - last < Self.conflictPause { return }
                lastConflict = now
                conflicts.append((address, mac))
            default: break
            }
        }
    }

    /// Adds what is to be sent now.
    /// - Returns: false when that is all.
    func transmit(into batch: inout PacketBatch, at now: Instant) -> Bool { host.transmit(into: &batch, at: now) }

    func forgetNews() { news.removeAll(keepingCapacity: true) }

    func forgetConflicts() { conflicts.removeAll(keepingCapacity: true) }
}
