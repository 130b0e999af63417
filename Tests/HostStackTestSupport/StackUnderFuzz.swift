import HostStack
import PacketEngine
import WireFormat

/// A whole host, a router with every service, that receives untrusted frames; violated invariants are reported.
///
/// Its addresses are the destinations of the fuzzer's seeds: 198.51.100.2 and 2001:db8:1::2, on its first link.
public struct StackUnderFuzz: ~Copyable {
    public static let mac = MACAddress(rawValue: 0x0200_0000_0002)
    public static let otherHost = MACAddress(rawValue: 0x0200_0000_0001)
    public static let here = IPv4Address(198, 51, 100, 2)
    public static let here6 = IPv6Address(high: 0x2001_0DB8_0001_0000, low: 2)

    private var host: UserSpaceHost
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var batch: PacketBatch
    /// The last frame that the host sent.
    public private(set) var lastSent: [UInt8] = []
    private let ports: [UInt16] = [7, 22, 53, 80, 443, 33_434, 40_000]

    public init(seed: UInt64, checksAddresses: Bool = false) {
        let near = HostConfiguration.Interface(
            index: 1, mac: Self.mac, addresses: [(.v4(Self.here), 24), (.v6(Self.here6), 64)])
        let far = HostConfiguration.Interface(
            index: 2, mac: MACAddress(rawValue: 0x0200_0000_0003), mtu: 1_280,
            addresses: [
                (.v4(IPv4Address(192, 0, 2, 254)), 24), (.v6(IPv6Address(high: 0x2001_0DB8 << 32, low: 254)), 64),
            ])
        var configuration = HostConfiguration([near, far], seed: (seed, ~seed))
        configuration.forwards = true
        configuration.advertises = true
        // Half of the hosts give their addresses up.
        configuration.keepsAddresses = seed % 2 == 0
        configuration.gateways = [.v4(IPv4Address(198, 51, 100, 254)), .v6(Self.otherHost.linkLocalAddress)]
        configuration.checksAddresses = checksAddresses
        configuration.rarpTable = [Self.otherHost: IPv4Address(192, 0, 2, 1)]
        host = UserSpaceHost(configuration)
        batch = PacketBatch(capacity: 64, slotLength: configuration.frameLength)
        for port in ports {
            host.listen(port)
            _ = try? host.bind(port)
        }
    }

    /// Returns the payload of a seed's layer in a frame to the host.
    public static func frame(_ etherType: EtherType, _ packet: [UInt8]) -> [UInt8] {
        EthernetHeader.padded(
            EthernetHeader(destination: mac, source: otherHost, etherType: etherType).encoded() + packet)
    }

    /// Returns the packet with correct checksums, as far as it can be parsed, so that more code is reached.
    public static func repaired(_ frame: [UInt8]) -> [UInt8] {
        var frame = frame
        let layers = PacketLayers(frame.rawBytes, linkType: .ethernet)
        guard layers.end <= frame.count else { return frame }
        switch layers.network {
        case .ipv4 where layers.transportOffset >= layers.networkOffset + 20:
            frame.withMutableBytes { bytes in
                bytes.setBigEndian16(0, at: layers.networkOffset + 10)
                let header = InternetChecksum.of(
                    bytes.bytes.extracting(layers.networkOffset..<layers.transportOffset))
                bytes.setBigEndian16(header, at: layers.networkOffset + 10)
                guard layers.transport == .icmp || layers.transport == .igmp, !layers.isFragment,
                    layers.transportOffset + 8 <= layers.end
                else { return }
                bytes.setBigEndian16(0, at: layers.transportOffset + 2)
                let message = InternetChecksum.of(bytes.bytes.extracting(layers.transportOffset..<layers.end))
                bytes.setBigEndian16(message, at: layers.transportOffset + 2)
            }
        case .ipv6 where layers.transport == .icmpv6 && !layers.isFragment && layers.transportOffset + 8 <= layers.end:
            frame.withMutableBytes { bytes in
                bytes.setBigEndian16(0, at: layers.transportOffset + 2)
                var sum = InternetChecksum()
                sum.addPseudoHeader(
                    source: bytes.bytes.ipv6Address(at: layers.networkOffset + 8),
                    destination: bytes.bytes.ipv6Address(at: layers.networkOffset + 24), protocol: .icmpv6,
                    length: layers.end - layers.transportOffset)
                sum.add(bytes.bytes.extracting(layers.transportOffset..<layers.end))
                bytes.setBigEndian16(sum.value, at: layers.transportOffset + 2)
            }
        default: break
        }
        return frame
    }

    /// Makes the host receive a frame, and process everything that is due in the following time.
    /// - Returns: the violated invariant, if any.
    public mutating func take(
        _ frame: [UInt8], hasPendingChecksum: Bool = true, then time: Nanoseconds = .milliseconds(1)
    ) -> String? {
        host.receive(frame.rawBytes, on: 1, at: now, hasPendingChecksum: hasPendingChecksum)
        now = now + time
        host.advance(at: now)
        var rounds = 0
        var isMore = true
        while isMore {
            serve()
            batch.removeAll()
            isMore = host.transmit(into: &batch, at: now)
            for entry in batch.entries {
                lastSent = batch.bytes(of: entry)
                if let problem = Self.problem(lastSent) { return problem }
            }
            rounds += 1
            guard rounds < 200 else { return "it never stops sending" }
        }
        let count = host.connectionCount
        guard count <= 4_096 else { return "\(count) connections" }
        if let deadline = host.deadline, deadline <= now { return "a deadline is due after all was processed" }
        return nil
    }

    public var counters: HostCounters { host.counters }

    private mutating func serve() {
        var reported: [HostEvent] = []
        host.drain { reported.append($0) }
        for event in reported {
            switch event {
            case .connection(let connection, let pendingEvents, _):
                var echo: [UInt8] = []
                host.read(connection) { piece in
                    echo += piece.prefix(4_096).copied()
                    return piece.byteCount
                }
                _ = host.send(connection, echo.rawBytes)
                if pendingEvents.contains(.ended) { host.leave(connection, at: now) }
            case .datagrams(let identifier, _):
                while let datagram = host.takeDatagram(identifier) {
                    try? host.sendDatagram(
                        from: identifier, to: TCPEndpoint(datagram.remote, datagram.remotePort), datagram.data,
                        source: datagram.local, at: now)
                }
            default: break
            }
        }
    }

    /// Returns what is wrong with a frame that the host sent.
    private static func problem(_ frame: [UInt8]) -> String? {
        guard frame.count <= 1_514, frame.count >= EthernetHeader.minimumFrameLength else {
            return "a frame of \(frame.count) bytes"
        }
        let layers = PacketLayers(frame.rawBytes, linkType: .ethernet)
        guard layers.network == .ipv4 || layers.network == .ipv6 else { return nil }
        let bytes = frame.rawBytes
        let isOwn =
            layers.network == .ipv4
            ? bytes.ipv4Address(at: layers.networkOffset + 12) == here
            : bytes.ipv6Address(at: layers.networkOffset + 8) == here6
        guard isOwn else { return nil }
        if layers.isTruncated || layers.broken != nil { return "a sent frame cannot be parsed: \(frame)" }
        if layers.verifyChecksums(bytes).hasIncorrect { return "a sent frame has an incorrect checksum: \(frame)" }
        return nil
    }
}
