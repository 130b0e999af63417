// What the standards do not allow in UDP and TCP headers.

extension FieldSink where Self: ~Copyable {
    /// Checks a UDP header: its length against the IP payload, and its checksum.
    mutating func checkStandards(_ view: borrowing UDPView, _ context: DatagramContext) {
        let length = Int(view.length)
        guard let header = context.header else {
            if context.isQuoted, (1..<UDPView.headerLength).contains(length) { problem(.udp, .udpLength(length)) }
            return
        }
        let payload = header.payloadLength
        if let fault = LengthFault(udp: length, payload: payload, isFragment: header.isFragment) {
            problem(.udp, fault)
        } else if length < payload, length != 0 {
            violation(
                .udp, "the length is \(length), but the IP payload has \(payload) bytes", "RFC 768")
        }
        if view.checksum == 0, context.addresses?.source.family == .v6 {
            violation(.udp, "no checksum, which IPv6 requires", "RFC 8200, section 8.1")
        }
    }

    /// Checks the options and the destination of a segment that is not quoted.
    mutating func checkStandards(_ view: borrowing TCPView, _ context: DatagramContext) {
        guard !context.isQuoted else { return }
        if let destination = context.addresses?.destination, destination.isMulticast || destination.isLimitedBroadcast {
            violation(
                .tcp, "the destination is the group or broadcast address \(destination)", "RFC 9293, section 3.9.2.3")
        }
        guard view.headerLength > TCPView.minimumHeaderLength else { return }
        var reader = OptionReader(view.options)
        let isSYN = view.flags.contains(.syn)
        while let (kind, range) = reader.next() {
            guard kind > 1 else { continue }
            if let fault = TCPOption.lengthFault(kind, range.count + 2) {
                violation(
                    .tcp, "option \(kind) has length \(range.count + 2), not \(fault.expected)", fault.source)
            } else if kind == TCPOption.Kind.windowScale, view.options.byte(at: range.lowerBound) > 14 {
                violation(
                    .tcp, "the window scale is \(view.options.byte(at: range.lowerBound)), above 14",
                    "RFC 7323, section 2.3")
            }
            if !isSYN, let source = TCPOption.connectionRequestOnly(kind) {
                violation(.tcp, "option \(kind) in a segment without SYN", source)
            }
        }
    }
}

extension TCPOption {
    /// The expected length of an option, with kind and length, if `length` is impossible.
    static func lengthFault(_ kind: UInt8, _ length: Int) -> (expected: StaticString, source: StaticString)? {
        func check(_ isPossible: Bool, _ expected: StaticString, _ source: StaticString) -> (
            StaticString, StaticString
        )? {
            isPossible ? nil : (expected, source)
        }
        switch kind {
        case Kind.maximumSegmentSize: return check(length == 4, "4", "RFC 9293, section 3.2")
        case Kind.windowScale: return check(length == 3, "3", "RFC 7323, section 2.2")
        case Kind.selectiveAcknowledgmentPermitted: return check(length == 2, "2", "RFC 2018, section 2")
        case Kind.selectiveAcknowledgment:
            return check(length >= 10 && length % 8 == 2, "2 and a multiple of 8", "RFC 2018, section 3")
        case Kind.timestamps: return check(length == 10, "10", "RFC 7323, section 3.2")
        case 19: return check(length == 18, "18", "RFC 2385, section 3.0")
        case 27: return check(length == 8, "8", "RFC 4782, section 4.2")
        case 28: return check(length == 4, "4", "RFC 5482, section 3.1")
        case 29: return check(length >= 4, "4 or more", "RFC 5925, section 2.2")
        case Kind.multipath: return check(length >= 3, "3 or more", "RFC 8684, section 3")
        case Kind.fastOpen:
            return check(
                length == 2 || (6...18).contains(length) && length % 2 == 0, "2, or 6 to 18 and even",
                "RFC 7413, section 4.1.1")
        default: return nil
        }
    }

    /// The standard by which an option is sent only in segments with SYN; nil for other options.
    static func connectionRequestOnly(_ kind: UInt8) -> StaticString? {
        switch kind {
        case Kind.maximumSegmentSize: "RFC 9293, section 3.2"
        case Kind.windowScale: "RFC 7323, section 2.2"
        case Kind.selectiveAcknowledgmentPermitted: "RFC 2018, section 2"
        default: nil
        }
    }
}

extension IPAddress {
    /// 255.255.255.255 (RFC 919, section 7).
    var isLimitedBroadcast: Bool { self == .v4(.limitedBroadcast) }
}
