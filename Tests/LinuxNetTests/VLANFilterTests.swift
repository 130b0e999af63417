import PacketEngine
import Testing

@testable import LinuxNet

@Suite("VLAN filter")
struct VLANFilterTests {
    // PACKET_HOST and PACKET_OTHERHOST; below, 0x10 is TP_STATUS_VLAN_VALID and 0x40 TP_STATUS_VLAN_TPID_VALID.
    private static let host = 0 as Int32
    private static let other = 3 as Int32

    /// Returns whether each frame belongs to the VLAN.
    private func accepted(
        _ filter: inout VLANFilter, _ tags: [RemovedTag?], _ packetType: Int32 = Self.host
    ) -> [Bool] {
        tags.map { filter.accepts(tag: $0, packetType: packetType) }
    }

    private func tag(_ identifier: UInt16, service: Bool = false, priority: UInt16 = 0) -> RemovedTag {
        RemovedTag(etherType: service ? 0x88A8 : 0x8100, information: priority << 13 | identifier)
    }

    @Test("only the customer tag of the VLAN is received, and without a VLAN only untagged and priority-tagged frames")
    func accepts() {
        var seven = VLANFilter(7, hidesTags: false)
        let own = accepted(&seven, [tag(7), tag(7, priority: 5)])
        let others = accepted(&seven, [nil, tag(0), tag(8), tag(7, service: true), tag(0, service: true)])
        #expect(own == [true, true] && !others.contains(true))
        #expect(
            seven.ignored == [VLANIdentity(0): 3, VLANIdentity(8): 1, VLANIdentity(7, isService: true): 1])
        #expect(
            seven.ignored.keys.sorted().map(\.description) == ["untagged", "of VLAN 8", "of service VLAN 7"])

        var none = VLANFilter(nil, hidesTags: false)
        let untagged = accepted(&none, [nil, tag(0), tag(0, service: true)])
        let tagged = accepted(&none, [tag(7)], Self.other)
        #expect(untagged == [true, true, true] && tagged == [false] && none.ignored == [VLANIdentity(7): 1])
    }

    @Test("frames whose tag the kernel hides are known by their type, but not their VLAN")
    func hidden() {
        var filter = VLANFilter(nil, hidesTags: true)
        let found = accepted(&filter, [nil]) + accepted(&filter, [nil], Self.other)
        #expect(found == [true, false])
        #expect(filter.ignored == [.unknown: 1] && "\(VLANIdentity.unknown)" == "of another VLAN")
    }

    @Test("a removed tag is inserted again after the addresses; the kernel's old form is a customer tag")
    func inserted() throws {
        var frame = (0..<20).map(UInt8.init)
        let removed = try #require(
            RemovedTag(
                status: 0x50, etherType: 0x88A8, information: 0x6007))
        removed.insert(in: &frame)
        #expect(
            frame == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x88, 0xA8, 0x60, 0x07, 12, 13, 14, 15, 16, 17, 18, 19])
        #expect(RemovedTag(status: 0x10, etherType: 0, information: 7)?.etherType == 0x8100)
        #expect(RemovedTag(status: 0, etherType: 0x8100, information: 7) == nil)
        var short = [UInt8](repeating: 0, count: 11)
        removed.insert(in: &short)
        #expect(short.count == 11)
    }
}
