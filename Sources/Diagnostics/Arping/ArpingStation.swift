import HostStack
import WireFormat

/// A machine that is pinged by its link-layer address: by an ICMP echo request
/// in a frame for it alone, whatever the IP address says (RFC 792).
public struct ArpingStation: Hashable, Sendable {
    public var mac: MACAddress
    /// In the IP header: the machine's where it is known, else a broadcast, which not every machine answers.
    public var address: IPv4Address
    /// Tells our echoes from those of others.
    public var identifier: UInt16

    public init(mac: MACAddress, address: IPv4Address, identifier: UInt16) {
        self.mac = mac
        self.address = address
        self.identifier = identifier
    }

    /// As much as Habets' arping sends.
    private static let dataLength = 20
    static let frameLength =
        EthernetView.headerLength + IPv4View.minimumHeaderLength + ICMPv4View.headerLength + dataLength

    func request(_ sequence: UInt16, from source: MACAddress, _ address: IPv4Address) -> [UInt8] {
        let echo = ICMPv4Message(
            .echoRequest(
                ICMPEcho(
                    identifier: identifier, sequenceNumber: sequence,
                    data: [UInt8](repeating: 0, count: Self.dataLength))))
        let header = IPv4Header(
            source: address, destination: self.address, protocol: .icmp, payloadLength: echo.byteCount,
            identification: identifier)
        return EthernetHeader(destination: mac, source: source, etherType: .ipv4).encoded() + header.encoded()
            + echo.encoded()
    }

    /// The machine's echo reply; nil for everything else.
    func answer(_ frame: RawSpan, to own: MACAddress) -> ArpingEngine.Heard? {
        guard let arrived = ReceivedFrame(frame), arrived.source == mac, let ip = arrived.datagram(in: frame),
            case .v4(let source) = ip.source, case .v4(let destination) = ip.destination, ip.protocol == .icmp,
            ip.isComplete, !ip.hasIncorrectHeaderChecksum, let icmp = try? ICMPv4View(ip.payload),
            icmp.type == .echoReply, icmp.checksumState == .correct, icmp.identifier == identifier
        else { return nil }
        return ArpingEngine.Heard(
            address: source, mac: arrived.source, frameSource: arrived.source,
            frameDestination: arrived.destination, targetAddress: destination, targetMAC: own)
    }
}
