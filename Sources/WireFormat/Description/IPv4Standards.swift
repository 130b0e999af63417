// What the standards do not allow in an IPv4 header. Every rule has its source in the problem's text.

extension FieldSink where Self: ~Copyable {
    /// Reports a violation of a standard.
    /// - Parameter source: the standard and its section.
    mutating func violation(_ layer: Layer, _ text: @autoclosure () -> String, _ source: StaticString) {
        guard !isCut else { return }
        problem("\(layer): \(text()) (\(source))")
    }

    /// Checks a header whose lengths are possible.
    /// - Parameter payloadLength: the length of the data by the total length.
    mutating func checkStandards(_ view: borrowing IPv4View, payloadLength: Int) {
        if view.reservedFlag { violation(.ipv4, "the reserved flag is set", "RFC 791, section 3.1") }
        if view.timeToLive == 0 { violation(.ipv4, "the TTL is 0", "RFC 1122, section 3.2.1.7") }
        let source = view.source
        if source.isMulticast || source == .limitedBroadcast {
            violation(.ipv4, "the source is the group or broadcast address \(source)", "RFC 1122, section 3.2.1.3")
        }
        if view.moreFragments, payloadLength % 8 != 0 {
            violation(
                .ipv4, "a fragment before the last has \(payloadLength) bytes, which is not a multiple of 8",
                "RFC 791, section 3.2")
        }
        let offset = Int(view.fragmentOffset) * 8
        if offset > 0, view.headerLength + offset + payloadLength > 0xFFFF {
            violation(.ipv4, "the fragment ends beyond 65535 bytes", "RFC 791, section 3.1")
        }
        if view.headerLength > IPv4View.minimumHeaderLength { checkOptions(view) }
    }

    private mutating func checkOptions(_ view: borrowing IPv4View) {
        var reader = OptionReader(view.options)
        var seen: Set<UInt8> = []
        while let (type, range) = reader.next() {
            guard type > 1 else { continue }
            let data = view.options.extracting(range)
            if let fault = IPv4Option.fault(type, data) { violation(.ipv4, fault.text, fault.source) }
            // The two kinds of source routes count as one (RFC 1122, section 3.2.1.8).
            if [7, 68, 130, 131, 136, 137].contains(type), !seen.insert(type == 137 ? 131 : type).inserted {
                violation(.ipv4, "option \(type) appears more than once", "RFC 791, section 3.1")
            }
        }
    }
}

extension IPv4Option {
    /// What is impossible in an option's length or pointer; nil for a valid or unknown option.
    /// - Parameter data: the option without type and length.
    static func fault(_ type: UInt8, _ data: RawSpan) -> (text: String, source: StaticString)? {
        let length = data.byteCount + 2
        func check(_ isPossible: Bool, _ expected: StaticString, _ source: StaticString) -> (String, StaticString)? {
            isPossible ? nil : ("option \(type) has length \(length), not \(expected)", source)
        }
        switch type {
        case 7, 131, 137:
            // Type, length, pointer and slots of 4 bytes. A pointer beyond the length means that all slots are used.
            if let fault = check(length >= 3 && length % 4 == 3, "3 and a multiple of 4", "RFC 791, section 3.1") {
                return fault
            }
            let pointer = data.byte(at: 0)
            return pointer >= 4 && pointer % 4 == 0
                ? nil : ("option \(type) has pointer \(pointer), which is not that of a slot", "RFC 791, section 3.1")
        case 68:
            guard length >= 4 else { return check(false, "4 or more", "RFC 791, section 3.1") }
            let flag = data.byte(at: 1) & 0xF
            guard flag < 2 || flag == 3 else {
                return ("the timestamp option has the undefined flag \(flag)", "RFC 791, section 3.1")
            }
            let slot = flag == 0 ? 4 : 8
            if (length - 4) % slot != 0 {
                return check(
                    false, flag == 0 ? "4 and a multiple of 4" : "4 and a multiple of 8", "RFC 791, section 3.1")
            }
            let pointer = Int(data.byte(at: 0))
            return pointer >= 5 && (pointer - 5) % slot == 0
                ? nil : ("option 68 has pointer \(pointer), which is not that of a slot", "RFC 791, section 3.1")
        case 11, 12: return check(length == 4, "4", "RFC 1063, section 3.1")
        case 25: return check(length == 8, "8", "RFC 4782, section 3.1")
        case 82: return check(length == 12, "12", "RFC 1393, section 2.2")
        case 130: return check(length >= 3, "3 or more", "RFC 1108, section 2.1")
        case 136: return check(length == 4, "4", "RFC 791, section 3.1")
        case 148: return check(length == 4, "4", "RFC 2113, section 2.1")
        default: return nil
        }
    }
}

extension IPv4View {
    /// Whether the header has the router alert option (RFC 2113, section 2.1).
    var hasRouterAlert: Bool {
        guard headerLength > Self.minimumHeaderLength else { return false }
        var reader = OptionReader(options)
        while let (type, _) = reader.next() {
            if type == 148 { return true }
        }
        return false
    }
}
