import HostStack
import PacketEngine
import WireFormat

/// The host behind source addresses that the kernel does not own. It answers ARP and neighbor discovery for them, and
/// can complete handshakes of the scan.
final class SourceHost {
    var host: UserSpaceHost
    /// The length of the longest frame, in bytes.
    let frameLength: Int
    /// Connection events that were not read yet.
    private(set) var pendingEvents: [(connection: TCPIdentifier, changes: TCPEvents)] = []
    /// Reports of other hosts that claim one of the addresses, not read yet.
    private(set) var conflicts: [(address: IPAddress, mac: MACAddress)] = []

    /// - Parameters:
    ///   - links: the links that probes leave by, with their addresses.
    ///   - token: the token of its frames in batches.
    init(_ links: [ScanLink], key: SipHash, token: UInt64) {
        var configuration = HostConfiguration(
            links.compactMap { link in
                guard let mac = link.mac else { return nil }
                // For all other addresses the scan determines the MAC address.
                return HostConfiguration.Interface(
                    index: link.interface, mac: mac, addresses: [(link.source, 0)], addsLinkLocal: false)
            }, seed: (key(1), key(2)))
        // Whether the addresses are free was checked before.
        configuration.checksAddresses = false
        BannerCollector.configure(&configuration.tcp)
        frameLength = configuration.frameLength
        host = UserSpaceHost(configuration)
        host.frameToken = token
    }

    /// The time at which its next timer fires.
    var due: Instant? { host.deadline }

    /// Processes a received frame.
    func receive(_ packet: borrowing ReceivedPacket) {
        host.receive(
            packet.bytes, on: packet.interfaceIndex, at: packet.arrival, hasPendingChecksum: packet.hasPendingChecksum)
        settle(at: packet.arrival)
    }

    /// Runs timers that are due.
    func advance(at now: Instant) {
        host.advance(at: now)
        settle(at: now)
    }

    private func settle(at now: Instant) {
        host.drain { event in
            switch event {
            case .connection(let connection, let changes, _): pendingEvents.append((connection, changes))
            case .conflict(let address, let mac), .defended(let address, let mac):
                conflicts.append((address, mac))
            default: break
            }
        }
    }

    /// Appends frames to send.
    /// - Returns: false when there are no more.
    func transmit(into batch: inout PacketBatch, at now: Instant) -> Bool { host.transmit(into: &batch, at: now) }

    func removePendingEvents() { pendingEvents.removeAll(keepingCapacity: true) }

    func forgetConflicts() { conflicts.removeAll(keepingCapacity: true) }
}
