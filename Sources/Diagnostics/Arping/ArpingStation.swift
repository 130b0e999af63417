import HostStack
import WireFormat

/// A station pinged by its MAC address: by an ICMP echo request in a unicast frame, regardless of the IP destination
/// (RFC 792).
public struct ArpingStation: Hashable, Sendable {
    public var mac: MACAddress
    /// The destination in the IP header: the station's address if known, otherwise a broadcast address, which not every
    /// host replies to.
    public var address: IPv4Address
    /// The ICMP identifier of our echo requests.
    public var identifier: UInt16

    public init(mac: MACAddress, address: IPv4Address, identifier: UInt16) {
        self.mac = mac
        self.address = address
        self.identifier = identifier
    }

    /// The same length as Habets' arping.
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

    /// Returns the station's echo reply; nil for other packets.
    func answer(_ frame: RawSpan, to own: MACAddress) -> ArpingEngine.Claim? {
        guard let received = ReceivedFrame(frame), received.source == mac, let ip = received.datagram(in: frame),
            case .v4(let source) = ip.source, case .v4(let destination) = ip.destination, ip.protocol == .icmp,
            ip.isComplete, !ip.hasIncorrectHeaderChecksum, let icmp = try? ICMPv4View(ip.payload),
            icmp.type == .echoReply, icmp.checksumState == .correct, icmp.identifier == identifier
        else { return nil }
        return ArpingEngine.Claim(
            address: source, mac: received.source, frameSource: received.source,
            frameDestination: received.destination, targetAddress: destination, targetMAC: own)
    }
}
