import CLinux
import PacketEngine

/// Selects the received frames of one VLAN by their tag (IEEE 802.1Q), and counts the others.
struct VLANFilter {
    /// The VLAN to receive; identifier 0 for untagged and priority-tagged frames.
    let vlan: VLANIdentity
    /// Whether the kernel removes the tags of received frames. It then marks tagged frames as for another host.
    let hidesTags: Bool
    /// The number of ignored frames.
    private(set) var ignored: [VLANIdentity: Int] = [:]

    init(_ identifier: UInt16?, hidesTags: Bool) {
        vlan = VLANIdentity(identifier ?? 0)
        self.hidesTags = hidesTags
    }

    /// Returns whether a frame belongs to the VLAN, and counts it if not.
    /// - Parameters:
    ///   - tag: the outer tag that the kernel removed; nil without one.
    ///   - packetType: the frame's type (packet(7)).
    mutating func accepts(tag: RemovedTag?, packetType: Int32) -> Bool {
        let found = tag?.vlan ?? VLANIdentity(0)
        let hasHiddenTag = hidesTags && packetType == PACKET_OTHERHOST
        if found == vlan, !hasHiddenTag { return true }
        ignored[hasHiddenTag ? .unknown : found, default: 0] += 1
        return false
    }
}

/// A VLAN tag that the kernel removed from a received frame and reports beside it (packet(7)).
struct RemovedTag {
    /// The EtherType of the tag: 8100, or 88a8 for a service tag.
    var etherType: UInt16
    /// The tag control information.
    var information: UInt16

    /// - Parameter status: TP_STATUS_VLAN_VALID and TP_STATUS_VLAN_TPID_VALID.
    /// - Returns: nil if the frame had no tag.
    init?(status: UInt32, etherType: UInt16, information: UInt16) {
        guard status & UInt32(TP_STATUS_VLAN_VALID) != 0 else { return nil }
        let hasEtherType = status & UInt32(TP_STATUS_VLAN_TPID_VALID) != 0
        self.init(etherType: hasEtherType ? etherType : UInt16(ETH_P_8021Q), information: information)
    }

    init(etherType: UInt16 = UInt16(ETH_P_8021Q), information: UInt16) {
        self.etherType = etherType
        self.information = information
    }

    var vlan: VLANIdentity {
        VLANIdentity(information & 0x0FFF, isService: etherType != UInt16(ETH_P_8021Q))
    }

    /// The tag as in a frame, including its EtherType.
    var bytes: [UInt8] {
        [UInt8(etherType >> 8), UInt8(etherType & 0xFF), UInt8(information >> 8), UInt8(information & 0xFF)]
    }

    /// The offset of a tag in a frame.
    static let offset = 12

    /// Inserts the tag in the frame that it was removed from.
    func insert(in frame: inout [UInt8]) {
        if frame.count >= Self.offset { frame.insert(contentsOf: bytes, at: Self.offset) }
    }
}
