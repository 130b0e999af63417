extension FieldSink where Self: ~Copyable {
    /// Describes an ARP or RARP packet, which may be truncated.
    mutating func describeARP(_ bytes: RawSpan, _ layer: Layer, at base: Int) {
        do throws(ParseError) {
            describe(try ARPView(bytes), layer, at: base)
        } catch {
            problem("\(error)")
            let lengths = (4...5).reduce(0) { $1 < bytes.byteCount ? $0 + Int(bytes.byte(at: $1)) : $0 }
            describeCut(bytes, at: base, paddedTo: ARPView.fixedLength + 2 * lengths) { sink, padded in
                if let view = try? ARPView(padded) { sink.describe(view, layer, at: base) }
            }
        }
    }

    private mutating func describe(_ view: borrowing ARPView, _ layer: Layer, at base: Int) {
        begin(layer)
        let hardwareType = view.hardwareType
        number("hardware_type", UInt64(hardwareType), at: base, 2) { text in
            text.append(hardwareType, named: hardwareType == 1 ? "Ethernet" : "other")
        }
        let protocolType = view.protocolType
        number("protocol_type", UInt64(protocolType.rawValue), at: base + 2, 2) { text in
            text.append("0x")
            text.append(hexadecimal: UInt64(protocolType.rawValue), digits: 4)
            text.append(", ")
            text.append(protocolType.description)
        }
        number("hardware_length", view.hardwareLength, "bytes", at: base + 4, 1)
        number("protocol_length", view.protocolLength, "bytes", at: base + 5, 1)
        let operation = view.operation
        let purpose: ARPPacket.Purpose =
            if !isCut, let sender = view.senderAddress, let target = view.targetAddress {
                .init(operation, sender: sender, target: target)
            } else {
                .resolution
            }
        text("operation", at: base + 6, 2) {
            $0.append(operation)
        } meaning: { text in
            text.append(decimal: operation.rawValue)
            text.append(", ")
            text.append(operation)
            if purpose != .resolution {
                text.append(", ")
                text.append(purpose.rawValue)
            }
        }
        if let senderMAC = view.senderMAC, let sender = view.senderAddress, let targetMAC = view.targetMAC,
            let target = view.targetAddress
        {
            address("sender_mac", senderMAC, at: base + 8)
            address("sender_addr", sender, at: base + 14)
            address("target_mac", targetMAC, at: base + 18)
            address("target_addr", target, at: base + 24)
        } else {
            var offset = base + ARPView.fixedLength
            bytes("sender_hardware", view.senderHardwareAddress, at: offset)
            offset += view.hardwareLength
            bytes("sender_protocol", view.senderProtocolAddress, at: offset)
            offset += view.protocolLength
            bytes("target_hardware", view.targetHardwareAddress, at: offset)
            offset += view.hardwareLength
            bytes("target_protocol", view.targetProtocolAddress, at: offset)
        }
        end()
        checkStandards(view, layer)
    }
}

extension TextBuffer {
    /// Appends the operation's name, without a String for common ones.
    mutating func append(_ operation: ARPOperation) {
        switch operation {
        case .request: append("request")
        case .reply: append("reply")
        default: append(operation.description)
        }
    }
}
