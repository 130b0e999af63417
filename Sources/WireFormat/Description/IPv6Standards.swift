// What the standards do not allow in an IPv6 header and its extension headers.

extension FieldSink where Self: ~Copyable {
    /// Checks a packet's fixed header and extension headers.
    /// - Parameters:
    ///   - data: the available payload.
    ///   - payloadLength: the length of the payload as stated.
    mutating func checkStandards(_ view: borrowing IPv6View, _ data: RawSpan, payloadLength: Int) {
        if view.source.isMulticast {
            violation(.ipv6, "the source is the group address \(view.source)", "RFC 4291, section 2.7")
        }
        if view.destination.isUnspecified {
            violation(.ipv6, "the destination is the unspecified address", "RFC 4291, section 2.5.2")
        }
        // With hop-by-hop options, which may have the jumbo payload option, the chain reports that they are truncated.
        let next = view.nextHeader
        if payloadLength == 0, next != .noNextHeader, next != .hopByHopOptions {
            violation(
                .ipv6, "the payload length is 0, without a jumbo payload option or evidence of segmentation offload",
                "RFC 2675, section 3")
        }
        if next.isExtensionHeader { checkChain(view, data, payloadLength: payloadLength) }
    }

    private mutating func checkChain(_ view: borrowing IPv6View, _ data: RawSpan, payloadLength: Int) {
        var reader = IPv6ChainReader(first: view.nextHeader, payload: data)
        var counts: [IPProtocol: Int] = [:]
        while let (header, range) = reader.next() {
            let bytes = data.extracting(range)
            counts[header, default: 0] += 1
            if header == .hopByHopOptions, range.lowerBound > 0 {
                violation(.ipv6, "hop-by-hop options are not the first header", "RFC 8200, section 4.1")
            } else if counts[header] == (header == .destinationOptions ? 3 : 2) {
                violation(.ipv6, "too many \(header.description) headers", "RFC 8200, section 4.1")
            }
            switch header {
            case .hopByHopOptions, .destinationOptions: checkOptions(bytes, view)
            case .routing: checkRouting(bytes)
            case .fragment: checkFragment(bytes, length: payloadLength - range.upperBound)
            default:
                if bytes.byteCount < 16 || bytes.byteCount % 8 != 0 {
                    violation(
                        .ipv6, "the authentication header has \(bytes.byteCount) bytes, not a multiple of 8 from 16",
                        "RFC 4302, section 2.2")
                }
            }
        }
        // The stated length is the measure: a short snapshot is no fault of the packet.
        if reader.isFragment, !reader.isLaterFragment,
            payloadLength - reader.offset < reader.nextHeader.shortestHeaderLength
        {
            violation(.ipv6, "the first fragment does not contain the whole header chain", "RFC 7112, section 5")
        }
    }

    private mutating func checkOptions(_ header: RawSpan, _ view: borrowing IPv6View) {
        guard let options = try? IPv6Option.list(header.dropping(2), base: 2) else {
            return violation(.ipv6, "an option's length exceeds its header", "RFC 8200, section 4.2")
        }
        for case .unknown(let type, let data) in options {
            let expected: (length: Int, source: StaticString)? =
                switch type {
                case 4: (1, "RFC 2473, section 4.1.1")
                case 5: (2, "RFC 2711, section 2.1")
                case 0x26: (6, "RFC 4782, section 3.2")
                case 0xC2: (4, "RFC 2675, section 2")
                case 0xC9: (16, "RFC 6275, section 6.3")
                default: nil
                }
            if let expected, data.count != expected.length {
                violation(.ipv6, "option \(type) has length \(data.count), not \(expected.length)", expected.source)
            } else if type == 0xC2 {
                if view.payloadLength != 0 {
                    violation(
                        .ipv6, "a jumbo payload option, but the payload length is \(view.payloadLength)",
                        "RFC 2675, section 3")
                }
                if data.rawBytes.bigEndian32(at: 0) <= 0xFFFF {
                    violation(.ipv6, "the jumbo payload length is below 65536", "RFC 2675, section 2")
                }
            }
        }
    }

    private mutating func checkRouting(_ header: RawSpan) {
        let addresses = (header.byteCount - 8) / 16
        let left = Int(header.byte(at: 3))
        switch header.byte(at: 2) {
        case 0: violation(.ipv6, "routing header type 0 is deprecated", "RFC 5095, section 3")
        case 2:
            if header.byteCount != 24 || left != 1 {
                violation(.ipv6, "routing header type 2 without exactly one address left", "RFC 6275, section 6.4.1")
            }
        case 4:
            let last = Int(header.byte(at: 4))
            if last + 1 > addresses || left > last + 1 {
                violation(
                    .ipv6, "\(left) segments left and last entry \(last), with \(addresses) segments",
                    "RFC 8754, section 4.3.1.1")
            }
        default: break
        }
    }

    /// - Parameter length: the stated length of the data after the fragment header.
    private mutating func checkFragment(_ header: RawSpan, length: Int) {
        let bits = header.bigEndian16(at: 2)
        if bits & 1 == 1, length % 8 != 0 {
            violation(
                .ipv6, "a fragment before the last has \(length) bytes, which is not a multiple of 8",
                "RFC 8200, section 4.5")
        }
        if Int(bits & 0xFFF8) + length > 0xFFFF {
            violation(.ipv6, "the fragment ends beyond 65535 bytes", "RFC 8200, section 4.5")
        }
    }
}

extension IPProtocol {
    /// The shortest length of the header, in bytes; 0 if unknown.
    fileprivate var shortestHeaderLength: Int {
        switch self {
        case .tcp: TCPView.minimumHeaderLength
        case .udp, .icmpv6: 8
        default: isExtensionHeader ? 8 : 0
        }
    }
}

extension IPv6Option {
    /// Whether the packet begins with hop-by-hop options that contain router alert (RFC 2711, section 2.1).
    static func hasRouterAlert(_ view: borrowing IPv6View, _ payload: RawSpan) -> Bool {
        hopByHopOption(5, view.nextHeader, payload) != nil
    }

    /// The jumbo payload length in hop-by-hop options, in bytes (RFC 2675, section 2); nil if there is none.
    static func jumboPayloadLength(_ header: RawSpan) -> Int? {
        guard let range = hopByHopOption(0xC2, .hopByHopOptions, header), range.count == 4 else { return nil }
        return Int(header.bigEndian32(at: range.lowerBound))
    }

    /// Returns the range of an option's data in the hop-by-hop options at the start of a payload, without an array.
    private static func hopByHopOption(_ type: UInt8, _ first: IPProtocol, _ payload: RawSpan) -> Range<Int>? {
        guard first == .hopByHopOptions, payload.byteCount >= 8 else { return nil }
        let end = min((Int(payload.byte(at: 1)) + 1) * 8, payload.byteCount)
        var offset = 2
        while offset + 2 <= end {
            let found = payload.byte(at: offset)
            if found == 0 {
                offset += 1
                continue
            }
            let stop = offset + 2 + Int(payload.byte(at: offset + 1))
            guard stop <= end else { return nil }
            if found == type { return offset + 2..<stop }
            offset = stop
        }
        return nil
    }
}
