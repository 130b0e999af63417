import PacketEngine
import WireFormat

/// A probe without its target: the fields that are the same for all targets of a route, with their checksum summed in
/// advance (as in RFC 1624).
struct PacketTemplate: Sendable {
    /// The window scale of every SYN.
    static let windowScale: UInt8 = 7

    let bytes: [UInt8]
    let source: IPAddress
    /// The interface of the packets; 0 for the port's only one, or for the kernel's route.
    let interface: UInt32
    /// Whether there is an Ethernet header.
    let hasFrame: Bool
    /// The offsets of the IP header and of the TCP header.
    private let network: Int
    private let transport: Int
    /// Whether there are ports, as in TCP.
    private let hasPorts: Bool
    /// The offsets of the cookie and of the checksum in the TCP header or the ICMP message.
    private let cookie: Int
    private let checksum: Int
    private let networkSum: InternetChecksum
    private let transportSum: InternetChecksum

    /// What a packet asks or says.
    enum Kind: Sendable {
        /// A SYN with the options of a Linux host, so that the reply shows which options the target supports.
        case syn
        /// An ACK of no connection, which every host answers with a reset that has the acknowledged number (RFC 9293,
        /// section 3.10.7.1).
        case ack
        /// A reset without options.
        case reset
        /// An ICMP echo request whose identifier and sequence number are the cookie.
        case echo

        fileprivate var flags: TCPFlags {
            switch self {
            case .syn: .syn
            case .ack: .ack
            case .reset, .echo: .rst
            }
        }
    }

    /// Returns the templates of a kind, by route.
    static func templates(
        _ kind: Kind, for configuration: ScanConfiguration, timestamp: UInt32 = 0
    ) -> [PacketTemplate] {
        configuration.routes.map { route in
            var nextHop: MACAddress?
            if case .station(let mac) = route.nextHop { nextHop = mac }
            return PacketTemplate(
                kind, link: route.link, nextHop: nextHop, namesInterface: configuration.sendingInterface == 0,
                timestamp: timestamp)
        }
    }

    init(_ kind: Kind, link: ScanLink, nextHop: MACAddress?, namesInterface: Bool, timestamp: UInt32 = 0) {
        source = link.source
        interface =
            switch link.framing {
            case .ethernet: namesInterface ? link.interface : 0
            case .datagram: link.interface
            case .routed: 0
            }
        hasFrame = link.mac != nil
        let family = link.source.family
        let isEcho = kind == .echo
        hasPorts = !isEcho
        (cookie, checksum) = (kind == .ack ? 8 : 4, isEcho ? 2 : 16)
        let options: TCPOptions =
            kind == .syn
            ? TCPOptions([
                .maximumSegmentSize(family == .v4 ? 1_460 : 1_440), .selectiveAcknowledgmentPermitted,
                .timestamps(value: timestamp, echoReply: 0), .noOperation, .windowScale(Self.windowScale),
            ]) : TCPOptions([])
        let segment = TCPSegment(
            sourcePort: 0, destinationPort: 0, sequenceNumber: 0, flags: kind.flags,
            window: kind == .syn ? 64_240 : 0, options: options)
        // Type and code; checksum, identifier and sequence number are 0.
        var request = [UInt8](repeating: 0, count: 8)
        request[0] = family == .v4 ? ICMPv4Type.echoRequest.rawValue : ICMPv6Type.echoRequest.rawValue
        let message = isEcho ? request : segment.encoded()
        var frame: [UInt8] = []
        if let mac = link.mac {
            frame = EthernetHeader(
                destination: nextHop ?? .broadcast, source: mac, etherType: family == .v4 ? .ipv4 : .ipv6
            ).encoded()
        }
        network = frame.count
        var transportSum = InternetChecksum()
        switch link.source {
        case .v4(let source):
            var header = IPv4Header(
                source: source, destination: .unspecified, protocol: isEcho ? .icmp : .tcp,
                payloadLength: message.count)
            header.dontFragment = true
            frame += header.encoded()
            // The checksum of ICMPv4 covers no addresses.
            if !isEcho {
                transportSum.addPseudoHeader(
                    source: source, destination: .unspecified, protocol: .tcp, length: message.count)
            }
        case .v6(let source):
            frame +=
                IPv6Header(
                    source: source, destination: .unspecified, nextHeader: isEcho ? .icmpv6 : .tcp,
                    payloadLength: message.count
                ).encoded()
            transportSum.addPseudoHeader(
                source: source, destination: .unspecified, protocol: isEcho ? .icmpv6 : .tcp, length: message.count)
        }
        transport = frame.count
        transportSum.add(message.rawBytes)
        var networkSum = InternetChecksum()
        if link.source.family == .v4 {
            frame[network + 10] = 0
            frame[network + 11] = 0
            networkSum.add(frame.rawBytes.dropping(network))
        }
        bytes = frame + message
        self.transportSum = transportSum
        self.networkSum = networkSum
    }

    /// Appends the segment for a target to a batch.
    /// - Parameter mac: the destination MAC address; nil if it is the same for all targets.
    /// - Returns: false if the batch is full.
    @inline(__always)
    func append(
        to batch: inout PacketBatch, token: UInt64, target: IPAddress, mac: MACAddress?,
        sourcePort: UInt16, port: UInt16, sequence: UInt32
    ) -> Bool {
        hasFrame
            ? batch.append(frameOf: bytes.count, token: token, interface: interface) { bytes, offset in
                fill(&bytes, offset, target, mac, sourcePort, port, sequence)
            }
            : batch.append(length: bytes.count, destination: target, token: token, interface: interface) {
                bytes, offset in
                fill(&bytes, offset, target, mac, sourcePort, port, sequence)
            }
    }

    @inline(__always)
    private func fill(
        _ bytes: inout MutableRawSpan, _ offset: Int, _ target: IPAddress, _ mac: MACAddress?,
        _ sourcePort: UInt16, _ port: UInt16, _ sequence: UInt32
    ) {
        bytes.copy(self.bytes, at: offset)
        if let mac { bytes.setMACAddress(mac, at: offset) }
        var sum = transportSum
        switch target {
        case .v4(let address):
            // Linux fills the identification in if it is 0; with DF set any value is valid (RFC 6864).
            let identification = UInt16(truncatingIfNeeded: sequence &>> 7) | 1
            var header = networkSum
            header.add(identification)
            header.add(address.rawValue)
            bytes.setBigEndian16(identification, at: offset &+ network &+ 4)
            bytes.setBigEndian16(header.value, at: offset &+ network &+ 10)
            bytes.setIPv4Address(address, at: offset &+ network &+ 16)
            if hasPorts { sum.add(address.rawValue) }
        case .v6(let address):
            bytes.setIPv6Address(address, at: offset &+ network &+ 24)
            sum.add(address.high)
            sum.add(address.low)
        }
        if hasPorts {
            let ports = UInt32(sourcePort) << 16 | UInt32(port)
            sum.add(ports)
            bytes.setBigEndian32(ports, at: offset &+ transport)
        }
        sum.add(sequence)
        bytes.setBigEndian32(sequence, at: offset &+ transport &+ cookie)
        bytes.setBigEndian16(sum.value, at: offset &+ transport &+ checksum)
    }
}
