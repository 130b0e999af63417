// What the standards do not allow in DHCP and BOOTP messages.

extension FieldSink where Self: ~Copyable {
    /// Checks the fixed fields of a message, its options and, by its type, what it must contain.
    mutating func checkStandards(_ view: borrowing DHCPView, _ options: DHCPOptions) {
        if !(1...2).contains(view.operation) {
            violation(.dhcp, "the operation is \(view.operation), not 1 or 2", "RFC 2131, section 2")
        }
        if view.hardwareType == 1, view.hardwareLength != 6 {
            violation(.dhcp, "Ethernet addresses of \(view.hardwareLength) bytes, not 6", "RFC 2131, section 2")
        }
        if view.hops > 16 { violation(.dhcp, "\(view.hops) hops, above 16", "RFC 1542, section 4.1.1") }
        guard view.hasMagicCookie else { return }
        if view.bytes.bigEndian16(at: 10) & 0x7FFF != 0 {
            violation(.dhcp, "reserved flags are set", "RFC 2131, section 2")
        }
        for option in options.list {
            if option.isMisfit {
                violation(
                    .dhcp, "option \(option.code) (\(option.name)) has \(option.data.count) bytes, which do not fit it",
                    option.source)
            } else if let fault = option.valueFault {
                violation(.dhcp, fault.text, fault.source)
            }
        }
        // Without the whole options, nothing can be missing.
        if options.problem == nil, let type = options.messageType { check(type, view.operation, options) }
    }

    /// Checks what RFC 2131 says a message of a type must have (tables 3 and 5).
    private mutating func check(_ type: DHCPMessageType, _ operation: UInt8, _ options: DHCPOptions) {
        let isReply = type == .offer || type == .acknowledgment || type == .negativeAcknowledgment
        if type.rawValue <= 8, operation != (isReply ? 2 : 1) {
            violation(.dhcp, "the operation of \(type.description) is \(operation)", "RFC 2131, section 4.1")
        }
        var required: [UInt8] = []
        switch type {
        case .offer: required = [DHCPOption.Code.serverIdentifier, DHCPOption.Code.leaseTime]
        case .acknowledgment, .negativeAcknowledgment, .release: required = [DHCPOption.Code.serverIdentifier]
        case .decline: required = [50, DHCPOption.Code.serverIdentifier]
        default: break
        }
        for code in required where options[code] == nil {
            violation(
                .dhcp, "\(type.description) without option \(code) (\(DHCPOption(code, []).name))",
                isReply ? "RFC 2131, section 4.3.1" : "RFC 2131, section 4.4.1")
        }
    }
}

extension DHCPOption {
    /// The standard that fixes the length of the option.
    fileprivate var source: StaticString {
        switch code {
        case 80: "RFC 4039, section 4"
        case 81: "RFC 4702, section 2"
        case 82: "RFC 3046, section 2.0"
        case 93, 94, 97: "RFC 4578, section 2"
        case 108: "RFC 8925, section 3.1"
        case 116: "RFC 2563, section 2"
        case 118: "RFC 3011, section 2"
        case 119: "RFC 3397, section 2"
        case 121: "RFC 3442"
        case 124, 125: "RFC 3925"
        default: "RFC 2132"
        }
    }

    /// What is impossible in the value of an option of the right length; nil if nothing is.
    fileprivate var valueFault: (text: String, source: StaticString)? {
        guard case .number(let number) = value else {
            guard code == Code.messageType, data[0] == 0 || data[0] > 18 else { return nil }
            return ("the message type is \(data[0])", "RFC 2132, section 9.6")
        }
        func least(_ minimum: Int, _ source: StaticString) -> (String, StaticString)? {
            number >= minimum ? nil : ("option \(code) (\(name)) is \(number), below \(minimum)", source)
        }
        switch code {
        case 22: return least(576, "RFC 2132, section 4.4")
        case 23: return least(1, "RFC 2132, section 4.5")
        case 26: return least(68, "RFC 2132, section 5.1")
        case 37: return least(1, "RFC 2132, section 7.1")
        case 46:
            return [1, 2, 4, 8].contains(number)
                ? nil : ("option 46 (\(name)) is \(number), not 1, 2, 4 or 8", "RFC 2132, section 8.7")
        case Code.maximumMessageSize: return least(576, "RFC 2132, section 9.10")
        default: return nil
        }
    }
}
