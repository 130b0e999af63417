import PacketEngine
import WireFormat

/// A received ICMP or ICMPv6 message from any kind of socket, with the fields of its IP header.
struct ReceivedMessage: ~Escapable {
    /// The message from the ICMP header on; at least 8 bytes.
    let bytes: RawSpan
    let family: IPAddress.Family
    let source: IPAddress
    /// The time to live or hop limit; nil if unknown.
    let hopLimit: UInt8?
    /// The options of the IPv4 header; nil if it has none.
    let options: IPv4Options?
    let checksum: ChecksumState

    /// Throws if the packet is not an ICMP message, if its total length is below the header's length, or if it holds
    /// fewer than 8 bytes of the message.
    @_lifetime(copy packet)
    init(_ packet: borrowing ReceivedPacket) throws(ParseError) {
        family = packet.source.family
        source = packet.source
        if packet.form == .datagram {
            let datagram = try DatagramView(packet.bytes)
            guard datagram.protocol == .icmp, datagram.statedLength >= datagram.headerLength else {
                throw ParseError(
                    layer: .ipv4, field: "totalLength", offset: 2,
                    reason: .invalid(value: UInt64(datagram.statedLength)))
            }
            let message = try ICMPv4View(datagram.payload)
            bytes = message.bytes
            hopLimit = datagram.hopLimit
            options = datagram.ipv4Options.byteCount > 0 ? IPv4Options(datagram.ipv4Options) : nil
            checksum = datagram.isComplete && !datagram.isFragment ? message.checksumState : .unchecked
            return
        }
        guard packet.form != .segment else {
            throw ParseError(layer: .icmpv6, field: "type", offset: 0, reason: .invalid(value: 0))
        }
        hopLimit = packet.hopLimit
        options = packet.ipv4Options.isEmpty ? nil : IPv4Options(packet.ipv4Options.rawBytes)
        if family == .v4 {
            let message = try ICMPv4View(packet.bytes)
            bytes = message.bytes
            checksum = message.checksumState
        } else {
            let message = try ICMPv6View(packet.bytes)
            bytes = message.bytes
            checksum =
                packet.destination.map { message.checksumState(source: packet.source, destination: $0) } ?? .unchecked
        }
    }

    var type: UInt8 { bytes.byte(at: 0) }
    var code: UInt8 { bytes.byte(at: 1) }
    var identifier: UInt16 { bytes.bigEndian16(at: 4) }
    var sequence: UInt16 { bytes.bigEndian16(at: 6) }
    var restOfHeader: UInt32 { bytes.bigEndian32(at: 4) }

    /// The bytes after the ICMP header.
    var data: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(8) }
    }

    /// Whether this is an error message, which quotes another datagram.
    var isError: Bool {
        family == .v4 ? ICMPv4Type(rawValue: type).isError : ICMPv6Type(rawValue: type).isError
    }

    /// The meaning of type and code, as text for users.
    var meaning: String {
        family == .v4
            ? ICMPv4Type(rawValue: type).meaning(code: code, information: restOfHeader)
            : ICMPv6Type(rawValue: type).meaning(code: code, information: restOfHeader)
    }
}

/// The errors that report a path MTU (RFC 1191, section 4; RFC 4443, section 3.2).
enum PacketTooBig {
    /// The MTU in bytes that an error reports, 0 if it reports none; nil if the message is not such an error.
    static func mtu(_ family: IPAddress.Family, _ type: UInt8, _ code: UInt8, _ information: UInt32) -> Int? {
        switch family {
        case .v4:
            guard type == ICMPv4Type.destinationUnreachable.rawValue,
                code == ICMPv4UnreachableCode.fragmentationNeeded.rawValue
            else { return nil }
            return Int(information & 0xFFFF)
        case .v6:
            return type == ICMPv6Type.packetTooBig.rawValue ? Int(information) : nil
        }
    }
}
