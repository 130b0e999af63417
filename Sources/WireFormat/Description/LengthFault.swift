/// A length that the packet cannot have, in the words of tcpdump: one rule for the line and for the problems.
///
/// A header's length is compared with the length on the wire and with the layer around it, never with the number of
/// captured bytes: a short snapshot is no fault of the packet.
enum LengthFault {
    /// The header length of IPv4, in bytes, is below 20 (RFC 791, section 3.1).
    case ipv4Header(Int)
    /// The total length of IPv4 is below the length of its header (RFC 791, section 3.1).
    case ipv4Total(Int)
    /// The datagram's header states this number of bytes more than the packet has on the wire.
    case missing(Int, isIPv6: Bool)
    /// The IP payload is shorter than a UDP header (RFC 768).
    case udpHeader(available: Int)
    /// The UDP length is below 8 bytes (RFC 768).
    case udpLength(Int)
    /// The UDP length exceeds the IP payload.
    case udpBeyond(Int, available: Int)
    /// The data offset of TCP is below 5 words (RFC 9293, section 3.1).
    case tcpHeaderShort(Int)
    /// The data offset of TCP exceeds the segment.
    case tcpHeaderLong(Int, segment: Int)

    /// The fault of an IPv4 header of at least 20 bytes; nil if its lengths are possible.
    init?(ipv4 header: RawSpan, _ layers: PacketLayers) {
        let headerLength = Int(header.byte(at: 0) & 0xF) * 4
        let totalLength = Int(header.bigEndian16(at: 2))
        if headerLength < IPv4View.minimumHeaderLength {
            self = .ipv4Header(headerLength)
        } else if totalLength < headerLength, totalLength != 0 || layers.broken == .ipv4 {
            self = .ipv4Total(totalLength)
        } else {
            return nil
        }
    }

    /// The fault of a UDP header; nil if its length is possible.
    /// - Parameters:
    ///   - length: the stated length.
    ///   - payload: the length of the IP payload by the IP header; of a fragment, that of the fragment.
    ///   - isFragment: whether the rest of the datagram is in other fragments.
    init?(udp length: Int, payload: Int, isFragment: Bool) {
        // A jumbogram has a length of 0 (RFC 2675, section 4).
        if length == 0, payload > 0xFFFF { return nil }
        if length < UDPView.headerLength {
            self = .udpLength(length)
        } else if length > payload, !isFragment {
            self = .udpBeyond(length, available: payload)
        } else {
            return nil
        }
    }

    /// The fault of a data offset of TCP, in bytes; nil if it is possible.
    /// - Parameter segment: the length of the segment by the IP header.
    init?(tcp headerLength: Int, segment: Int) {
        if headerLength < TCPView.minimumHeaderLength {
            self = .tcpHeaderShort(headerLength)
        } else if headerLength > segment {
            self = .tcpHeaderLong(headerLength, segment: segment)
        } else {
            return nil
        }
    }

    /// What the lengths are compared with, after tcpdump's words.
    var reason: String {
        switch self {
        case .ipv4Header: "the header length is below 20 bytes"
        case .ipv4Total(0): "the total length is 0, without evidence of segmentation offload"
        case .ipv4Total: "the total length is below the header length"
        case .missing(_, let isIPv6): "the \(isIPv6 ? "payload" : "total") length exceeds the packet on the wire"
        case .udpHeader: "the IP payload is shorter than a UDP header"
        case .udpLength: "the length is below 8 bytes"
        case .udpBeyond: "the length exceeds the IP payload"
        case .tcpHeaderShort: "the data offset is below 20 bytes"
        case .tcpHeaderLong: "the data offset exceeds the segment"
        }
    }
}

extension TextBuffer {
    /// Appends the fault as tcpdump prints it.
    mutating func append(_ fault: LengthFault) {
        switch fault {
        case .ipv4Header(let length): append("bad-hlen ", length)
        case .ipv4Total(let length): append("bad-len ", length)
        case .missing(let count, let isIPv6):
            append(isIPv6 ? "truncated-ip6 - " : "truncated-ip - ", count)
            append(" bytes missing!")
        case .udpHeader(let available): append("truncated-udp ", available)
        case .udpLength(let length): append("truncated-udplength ", length)
        case .udpBeyond(let length, let available):
            append("bad length ", length - UDPView.headerLength)
            append(" > ", available - UDPView.headerLength)
        case .tcpHeaderShort(let length):
            append("[bad hdr length ", length)
            append(" - too short, < ", TCPView.minimumHeaderLength)
            append(UInt8(ascii: "]"))
        case .tcpHeaderLong(let length, let segment):
            append("[bad hdr length ", length)
            append(" - too long, > ", segment)
            append(UInt8(ascii: "]"))
        }
    }

    private mutating func append(_ words: StaticString, _ number: Int) {
        append(words)
        append(decimal: number)
    }
}

extension FieldSink where Self: ~Copyable {
    /// Reports a fault: tcpdump's words, then what the length was compared with.
    mutating func problem(_ layer: Layer, _ fault: LengthFault) {
        var text = TextBuffer()
        text.append(fault)
        problem("\(layer): \(text.text()): \(fault.reason)")
    }
}
