import CLinux
import LinuxProcess

/// A receive ring whose slots are read in place, without a system
/// call or a copy per frame (packet_mmap, version 2: one frame per slot).
final class ReceiveRing {
    /// A frame in its slot, valid until the next call of `take`.
    struct Frame {
        var bytes: UnsafeRawBufferPointer
        /// The timestamp, in nanoseconds since 1970.
        var stamp: Int64
        var tag: RemovedTag?
        var link: sockaddr_ll
    }

    private static let blockLength = 1 << 16

    private let memory: UnsafeMutableRawPointer
    private let length: Int
    private let slotLength: Int
    private let slotCount: Int
    private var next = 0
    private var isHolding = false
    private let descriptor: Int32
    private var drops: UInt64 = 0

    /// Attaches the ring to a packet socket that is not bound yet.
    /// - Parameters:
    ///   - slots: the number of frames, rounded up to whole blocks.
    ///   - frameLength: the number of bytes kept of a frame; longer frames are truncated.
    init(on socket: borrowing Descriptor, slots: Int, frameLength: Int) throws(SystemError) {
        try socket.setOption(SOL_PACKET, PACKET_VERSION, Int32(TPACKET_V2.rawValue), "PACKET_VERSION")
        // The slot's header, and space before the frame that aligns the network header.
        var slotLength = 128
        while slotLength < frameLength + 80 { slotLength *= 2 }
        let blockLength = max(Self.blockLength, slotLength)
        let blocks = max((slots * slotLength + blockLength - 1) / blockLength, 1)
        slotCount = blocks * (blockLength / slotLength)
        self.slotLength = slotLength
        length = blocks * blockLength
        let request = tpacket_req(
            tp_block_size: UInt32(blockLength), tp_block_nr: UInt32(blocks), tp_frame_size: UInt32(slotLength),
            tp_frame_nr: UInt32(slotCount))
        try socket.setOption(SOL_PACKET, PACKET_RX_RING, request, "PACKET_RX_RING")
        let mapped = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, socket.rawValue, 0)
        guard let mapped, Int(bitPattern: mapped) != -1 else { throw .last("PACKET_RX_RING") }
        memory = mapped
        descriptor = socket.rawValue
    }

    deinit { munmap(memory, length) }

    private var status: UnsafeMutablePointer<UInt32> {
        (memory + next * slotLength).assumingMemoryBound(to: UInt32.self)
    }

    /// Returns the next frame, or nil if there is none. The previous one is returned to the kernel.
    func take() -> Frame? {
        if isHolding { giveBack() }
        guard clinux_load_acquire(status) & UInt32(TP_STATUS_USER) != 0 else { return nil }
        isHolding = true
        let slot = UnsafeRawPointer(memory + next * slotLength)
        let header = slot.load(as: tpacket2_hdr.self)
        // Offsets beyond the slot, which the kernel should not write, are clamped.
        let offset = min(Int(header.tp_mac), slotLength)
        let count = min(Int(header.tp_snaplen), slotLength - offset)
        let addressOffset = (MemoryLayout<tpacket2_hdr>.size + 15) & ~15
        return Frame(
            bytes: UnsafeRawBufferPointer(start: slot + offset, count: count),
            stamp: Int64(header.tp_sec) * 1_000_000_000 + Int64(header.tp_nsec),
            tag: RemovedTag(
                status: header.tp_status, etherType: header.tp_vlan_tpid, information: header.tp_vlan_tci),
            link: (slot + addressOffset).loadUnaligned(as: sockaddr_ll.self))
    }

    private func giveBack() {
        clinux_store_release(status, UInt32(TP_STATUS_KERNEL))
        next = next + 1 == slotCount ? 0 : next + 1
        isHolding = false
    }

    /// The number of frames dropped because no slot was free.
    var dropCount: UInt64 {
        var statistics = tpacket_stats()
        var length = socklen_t(MemoryLayout<tpacket_stats>.size)
        // The kernel resets the counter when it is read.
        if getsockopt(descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) == 0 {
            drops += UInt64(statistics.tp_drops)
        }
        return drops
    }
}
