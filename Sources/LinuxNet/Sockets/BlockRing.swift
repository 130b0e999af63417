import CLinux
import LinuxProcess

/// Blocks that the kernel fills with frames of any length, one behind the other, and that we read in
/// place and give back whole (packet_mmap, version 3): the least work a frame. A block that does
/// not fill is handed over after some milliseconds.
final class BlockRing {
    /// One frame in its block, valid until the ring is asked for the next.
    struct Frame {
        var bytes: UnsafeRawBufferPointer
        /// Nanoseconds since 1970.
        var stamp: Int64
        /// The checksum of its TCP or UDP is not computed yet.
        var hasPendingChecksum: Bool
        /// It is for another host - or for another VLAN, whose tag the kernel hides from a socket of one protocol.
        var isForOthers: Bool
    }

    private static let blockLength = 1 << 16
    /// Milliseconds after which a block is handed over as it is.
    private static let patience: UInt32 = 4

    private let memory: UnsafeMutableRawPointer
    private let length: Int
    private let blockCount: Int
    private let descriptor: Int32
    private var block = 0
    /// Frames of the current block that are still to be read; nil when we do not hold it.
    private var left: Int?
    private var next = 0
    private var drops: UInt64 = 0

    /// Puts the ring on a packet socket that is not bound yet.
    /// - Parameter blocks: of 65,536 bytes each.
    init(on socket: borrowing Descriptor, blocks: Int) throws(SystemError) {
        try socket.setOption(SOL_PACKET, PACKET_VERSION, Int32(TPACKET_V3.rawValue), "PACKET_VERSION")
        blockCount = max(blocks, 2)
        length = blockCount * Self.blockLength
        let frameLength = 2_048
        let request = tpacket_req3(
            tp_block_size: UInt32(Self.blockLength), tp_block_nr: UInt32(blockCount),
            tp_frame_size: UInt32(frameLength), tp_frame_nr: UInt32(length / frameLength),
            tp_retire_blk_tov: Self.patience, tp_sizeof_priv: 0, tp_feature_req_word: 0)
        try socket.setOption(SOL_PACKET, PACKET_RX_RING, request, "PACKET_RX_RING")
        let mapped = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, socket.rawValue, 0)
        guard let mapped, Int(bitPattern: mapped) != -1 else { throw .last("PACKET_RX_RING") }
        memory = mapped
        descriptor = socket.rawValue
    }

    deinit { munmap(memory, length) }

    private var start: UnsafeMutableRawPointer { memory + block * Self.blockLength }

    // Behind the version and the offset of private data, 4 bytes each, the block's header begins.
    private var status: UnsafeMutablePointer<UInt32> { (start + 8).assumingMemoryBound(to: UInt32.self) }

    /// The next frame; nil when none is there.
    func take() -> Frame? {
        while true {
            if let left {
                if left > 0 {
                    self.left = left - 1
                    return frame()
                }
                clinux_store_release(status, UInt32(TP_STATUS_KERNEL))
                block = block + 1 == blockCount ? 0 : block + 1
                self.left = nil
            }
            guard clinux_load_acquire(status) & UInt32(TP_STATUS_USER) != 0 else { return nil }
            let header = UnsafeRawPointer(start + 8).load(as: tpacket_hdr_v1.self)
            left = Int(header.num_pkts)
            next = Int(header.offset_to_first_pkt)
        }
    }

    private func frame() -> Frame {
        // The kernel keeps to its blocks; a frame that says otherwise is not followed.
        let slot = min(next, Self.blockLength - MemoryLayout<tpacket3_hdr>.size)
        let header = UnsafeRawPointer(start + slot).load(as: tpacket3_hdr.self)
        let offset = min(slot + Int(header.tp_mac), Self.blockLength)
        let count = min(Int(header.tp_snaplen), Self.blockLength - offset)
        next = slot + Int(header.tp_next_offset)
        // The address stands behind the header (packet_mmap.rst).
        let address = slot + (MemoryLayout<tpacket3_hdr>.size + 15) & ~15
        let type =
            address + MemoryLayout<sockaddr_ll>.size <= Self.blockLength
            ? UnsafeRawPointer(start + address).loadUnaligned(as: sockaddr_ll.self).sll_pkttype : 0
        return Frame(
            bytes: UnsafeRawBufferPointer(start: UnsafeRawPointer(start + offset), count: count),
            stamp: Int64(header.tp_sec) * 1_000_000_000 + Int64(header.tp_nsec),
            hasPendingChecksum: header.tp_status & UInt32(TP_STATUS_CSUMNOTREADY) != 0,
            isForOthers: Int32(type) == PACKET_OTHERHOST)
    }

    /// Frames that found no free block since the last call.
    func takeDrops() -> UInt64 {
        var statistics = tpacket_stats_v3()
        var length = socklen_t(MemoryLayout<tpacket_stats_v3>.size)
        guard getsockopt(descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) == 0 else { return 0 }
        drops += UInt64(statistics.tp_drops)
        return UInt64(statistics.tp_drops)
    }

    /// All that were lost, as far as `takeDrops` has seen.
    var dropCount: UInt64 { drops }
}
