// What the standards do not allow in Ethernet and VLAN headers and in ARP.

extension FieldSink where Self: ~Copyable {
    /// Checks an Ethernet header and the length field of an 802.3 frame.
    /// - Parameter originalLength: the length of the frame on the wire, in bytes; 0 if unknown.
    mutating func checkStandards(_ view: borrowing EthernetView, originalLength: Int) {
        if view.source.isMulticast {
            violation(.ethernet, "the source is the group address \(view.source)", "IEEE 802.3, clause 3.2.3")
        }
        let type = Int(view.etherType.rawValue)
        if (1_501..<1_536).contains(type) {
            violation(.ethernet, "\(type) is neither a length nor an EtherType", "IEEE 802.3, clause 3.2.6")
        } else if view.etherType.isLength, originalLength > 0, type + EthernetView.headerLength > originalLength {
            violation(
                .ethernet, "the length is \(type), but the frame has \(originalLength - EthernetView.headerLength)",
                "IEEE 802.3, clause 3.2.6")
        }
    }

    mutating func checkStandards(_ tag: borrowing VLANTagView) {
        if tag.identifier == 0xFFF { violation(.vlan, "the identifier 4095 is reserved", "IEEE 802.1Q, clause 9.6") }
    }

    /// Checks the address lengths, the operation and the sender of an ARP or RARP packet.
    mutating func checkStandards(_ view: borrowing ARPView, _ layer: Layer) {
        if view.hardwareType == 1, view.hardwareLength != 6 {
            violation(layer, "Ethernet addresses of \(view.hardwareLength) bytes, not 6", "RFC 826")
        }
        if view.protocolType == .ipv4, view.protocolLength != 4 {
            violation(layer, "IPv4 addresses of \(view.protocolLength) bytes, not 4", "RFC 826")
        }
        let operation = view.operation.rawValue
        if operation == 0 || operation == 0xFFFF {
            violation(layer, "the operation \(operation) is reserved", "RFC 5494, section 3")
        }
        if let sender = view.senderMAC, sender.isMulticast {
            violation(layer, "the sender is the group address \(sender)", "RFC 1812, section 3.3.2")
        }
    }
}
