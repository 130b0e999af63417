import PacketEngine
import WireFormat

/// An ICMP error about a probe.
public struct PingErrorNotice: Sendable {
    public var sequence: UInt16
    public var source: IPAddress
    /// ICMP type and code of the error, in the numbers of the destination's family.
    public var type: UInt8
    public var code: UInt8
    /// The meaning of type and code, as text for users.
    public var meaning: String
    /// The MTU in bytes, if the error reports one.
    public var mtu: Int?
    public var arrival: Instant
    public var hasWrongChecksum: Bool
    /// Whether the error ends the probe: false for source quench and redirect, after which a reply may follow.
    public var isFinal: Bool
    /// The quoted IP header, if it is IPv4.
    public var quotedHeader: IPv4Header?
}

extension PingErrorNotice {
    /// Creates a notice from a received ICMP error.
    init(_ message: borrowing ReceivedMessage, _ packet: borrowing ReceivedPacket, sequence: UInt16) {
        var isFinal = message.checksum != .incorrect
        var header: IPv4Header?
        if message.family == .v4 {
            let type = ICMPv4Type(rawValue: message.type)
            if type == .redirect || type == .sourceQuench { isFinal = false }
            if let view = try? IPv4View(message.data) { header = IPv4Header(view) }
        }
        self.init(
            sequence: sequence, source: message.source, type: message.type, code: message.code,
            meaning: message.meaning,
            mtu: PacketTooBig.mtu(message.family, message.type, message.code, message.restOfHeader),
            arrival: packet.arrival, hasWrongChecksum: message.checksum == .incorrect, isFinal: isFinal,
            quotedHeader: header)
    }

    /// Creates a notice from an entry of the kernel's error queue, which includes our message.
    init(_ report: ReceivedPacket.ErrorReport, _ packet: borrowing ReceivedPacket) {
        let family = packet.source.family
        // The kernel keeps the pointer of a parameter problem in the low bits; on the wire it is in the highest.
        let isPointer = family == .v4 && report.type == ICMPv4Type.parameterProblem.rawValue
        let information = isPointer ? report.information << 24 : report.information
        let meaning =
            family == .v4
            ? ICMPv4Type(rawValue: report.type).meaning(code: report.code, information: information)
            : ICMPv6Type(rawValue: report.type).meaning(code: report.code, information: information)
        self.init(
            sequence: packet.bytes.byteCount >= 8 ? packet.bytes.bigEndian16(at: 6) : 0, source: report.offender,
            type: report.type, code: report.code, meaning: meaning,
            mtu: PacketTooBig.mtu(family, report.type, report.code, information), arrival: packet.arrival,
            hasWrongChecksum: false, isFinal: true, quotedHeader: nil)
    }
}

/// Our request as an ICMP error quotes it.
struct PingQuotedProbe: ~Escapable {
    let destination: IPAddress
    let type: UInt8
    let identifier: UInt16
    let sequence: UInt16
    /// The bytes after the quoted ICMP header; may be empty.
    let data: RawSpan

    /// Reads the quote of an error; nil if it quotes no ICMP message. Only the addresses, the protocol and the first 8
    /// bytes after the header are checked: routers change other fields.
    @_lifetime(copy error)
    init?(_ error: borrowing ReceivedMessage) {
        guard let quote = DatagramView(quoted: error.data), quote.family == error.family, quote.icmp != nil else {
            return nil
        }
        self.init(destination: quote.destination, message: quote.payload)
    }

    /// The request from its ICMP header on; at least 8 bytes.
    @_lifetime(copy message)
    init(destination: IPAddress, message: RawSpan) {
        self.destination = destination
        type = message.byte(at: 0)
        identifier = message.bigEndian16(at: 4)
        sequence = message.bigEndian16(at: 6)
        data = message.dropping(8)
    }
}
