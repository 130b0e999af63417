import CLinux
import LinuxProcess

/// A receive ring of blocks that the kernel fills with frames of any length. Frames are read in place and whole
/// blocks are returned (packet_mmap, version 3), which costs the least per frame. A block that does
/// not fill is passed on after some milliseconds.
final class BlockRing {
    /// A frame in its block, valid until the next call of `take`.
    struct Frame {
        var bytes: UnsafeRawBufferPointer
        /// The timestamp, in nanoseconds since 1970.
        var stamp: Int64
        /// Whether the TCP or UDP checksum is not computed yet.
        var hasPendingChecksum: Bool
        /// Whether the frame is for another host, or for another VLAN, whose tag the kernel hides from a socket of one
        /// protocol.
        var isForOthers: Bool
    }

    private static let blockLength = 1 << 16
    /// The time after which an incomplete block is passed on, in milliseconds.
    private static let patience: UInt32 = 4

    /// Whether frames have no Ethernet header: their bytes begin with the IP header, whatever precedes it.
    private let startsAtNetworkHeader: Bool
    private let memory: UnsafeMutableRawPointer
    private let length: Int
    private let blockCount: Int
    private let descriptor: Int32
    private var block = 0
    /// The number of unread frames of the current block; nil if the kernel owns it.
    private var left: Int?
    private var next = 0
    private var drops: UInt64 = 0

    /// Attaches the ring to a packet socket that is not bound yet.
    /// - Parameters:
    ///   - blocks: the number of blocks of 65,536 bytes.
    ///   - startsAtNetworkHeader: whether the bytes of frames begin with the IP header.
    init(
        on socket: borrowing Descriptor, blocks: Int, startsAtNetworkHeader: Bool = false
    ) throws(SystemError) {
        self.startsAtNetworkHeader = startsAtNetworkHeader
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

    /// Unmapping the ring of a closed socket takes the kernel some 25 ms: other sockets are closed meanwhile.
    deinit {
        nonisolated(unsafe) let memory = memory
        let length = length
        DetachedThread.startOrRun { munmap(memory, length) }
    }

    private var start: UnsafeMutableRawPointer { memory + block * Self.blockLength }

    // The block header follows the version and the offset of private data, 4 bytes each.
    private var status: UnsafeMutablePointer<UInt32> { (start + 8).assumingMemoryBound(to: UInt32.self) }

    /// Returns the next frame, or nil if there is none.
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
        // Offsets beyond the block, which the kernel should not write, are clamped.
        let slot = min(next, Self.blockLength - MemoryLayout<tpacket3_hdr>.size)
        let header = UnsafeRawPointer(start + slot).load(as: tpacket3_hdr.self)
        let skipped = startsAtNetworkHeader ? max(Int(header.tp_net) - Int(header.tp_mac), 0) : 0
        let offset = min(slot + Int(header.tp_mac) + skipped, Self.blockLength)
        let count = min(max(Int(header.tp_snaplen) - skipped, 0), Self.blockLength - offset)
        next = slot + Int(header.tp_next_offset)
        // The address follows the header (packet_mmap.rst).
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

    /// Returns the number of frames dropped since the last call because no block was free.
    func takeDrops() -> UInt64 {
        var statistics = tpacket_stats_v3()
        var length = socklen_t(MemoryLayout<tpacket_stats_v3>.size)
        guard getsockopt(descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) == 0 else { return 0 }
        drops += UInt64(statistics.tp_drops)
        return UInt64(statistics.tp_drops)
    }

    /// The total number of dropped frames, as of the last `takeDrops`.
    var dropCount: UInt64 { drops }
}
