import CLinux

/// Selects the received frames of one VLAN by their tag (IEEE 802.1Q), and counts the others.
struct VLANFilter {
    /// The VLAN identifier to receive; nil for untagged and priority-tagged frames (identifier 0).
    let identifier: UInt16?
    /// Whether the kernel removes the tags of received frames. It then marks tagged frames as for another host.
    let hidesTags: Bool
    /// The number of ignored frames, by identifier.
    private(set) var ignored: [UInt16: Int] = [:]

    init(_ identifier: UInt16?, hidesTags: Bool) {
        self.identifier = identifier == 0 ? nil : identifier
        self.hidesTags = hidesTags
    }

    /// Returns whether a frame belongs to the VLAN, and counts it if not.
    /// - Parameters:
    ///   - tag: the tag control information that the kernel reported; nil without a tag.
    ///   - packetType: the frame's type (packet(7)).
    mutating func accepts(tag: UInt16?, packetType: Int32) -> Bool {
        let found = (tag ?? 0) & 0x0FFF
        if found == identifier ?? 0, packetType != PACKET_OTHERHOST || !hidesTags { return true }
        ignored[found, default: 0] += 1
        return false
    }

    /// Returns a tag as in a frame, including its EtherType.
    static func tag(_ information: UInt16) -> [UInt8] {
        [0x81, 0x00, UInt8(information >> 8), UInt8(information & 0xFF)]
    }
}
