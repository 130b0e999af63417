import CLinux
import LinuxProcess

/// The frames of a packet socket without a ring (recvmmsg(2)), for runs of few frames: a ring costs less for each, but
/// the kernel needs some 10 ms to create it and some 12 ms more to close its socket.
final class FrameQueue {
    /// The number of frames, of up to 1,514 bytes, that certainly fit in the receive buffer.
    static let frameCount = 4_096

    private let descriptor: Int32
    private let startsAtNetworkHeader: Bool
    private var vector = ReceiveVector(capacity: 64, slotLength: 2_048)
    private var (next, count) = (0, 0)
    private var dropCount: UInt64 = 0
    /// Whether the interface went down.
    private(set) var hasFailed = false

    /// - Parameters:
    ///   - socket: a packet socket that is not bound yet, which must outlive the queue.
    ///   - startsAtNetworkHeader: whether the bytes of frames begin with the IP header.
    init(on socket: borrowing Descriptor, startsAtNetworkHeader: Bool) throws(SystemError) {
        try socket.setOption(SOL_PACKET, PACKET_AUXDATA, Int32(1), "PACKET_AUXDATA")
        try socket.setOption(SOL_SOCKET, SO_TIMESTAMPNS, Int32(1), "SO_TIMESTAMPNS")
        descriptor = socket.rawValue
        self.startsAtNetworkHeader = startsAtNetworkHeader
    }

    /// Returns the next frame, valid until the next call, or nil if there is none.
    func take() -> BlockRing.Frame? {
        if next == count {
            let result = vector.receive(from: descriptor)
            if result == -Int(ENETDOWN) { hasFailed = true }
            (next, count) = (0, max(result, 0))
            guard count > 0 else { return nil }
        }
        defer { next += 1 }
        let details = vector.frameDetails(next)
        let bytes = vector.bytes(next).dropFirst(startsAtNetworkHeader ? details.networkOffset : 0)
        return BlockRing.Frame(
            bytes: UnsafeRawBufferPointer(rebasing: bytes), stamp: details.stamp ?? SystemClock.wall,
            hasPendingChecksum: details.hasPendingChecksum,
            isForOthers: Int32(vector.linkSource(next).sll_pkttype) == PACKET_OTHERHOST)
    }

    /// Returns the number of frames dropped since the last call because the receive buffer was full.
    func takeDrops() -> UInt64 {
        let total = Descriptor.dropCount(descriptor)
        defer { dropCount = total }
        return total &- dropCount
    }
}

extension ReceiveVector {
    /// What the kernel reports about a frame (PACKET_AUXDATA, SO_TIMESTAMPNS).
    struct FrameDetails {
        /// The timestamp, in nanoseconds since 1970.
        var stamp: Int64?
        var tag: RemovedTag?
        /// Whether the TCP or UDP checksum is not computed yet.
        var hasPendingChecksum = false
        /// The offset of the IP header.
        var networkOffset = 0
    }

    func frameDetails(_ index: Int) -> FrameDetails {
        var frame = FrameDetails()
        var details = ControlDetails()
        forEachControl(index) { level, type, data in
            details.read(level, type, data)
            guard level == SOL_PACKET, type == PACKET_AUXDATA, data.count >= MemoryLayout<tpacket_auxdata>.size else {
                return
            }
            let auxiliary = data.loadUnaligned(as: tpacket_auxdata.self)
            frame.tag = RemovedTag(
                status: auxiliary.tp_status, etherType: auxiliary.tp_vlan_tpid, information: auxiliary.tp_vlan_tci)
            frame.networkOffset = Int(auxiliary.tp_net)
            frame.hasPendingChecksum = auxiliary.tp_status & UInt32(TP_STATUS_CSUMNOTREADY) != 0
        }
        frame.stamp = details.stamp
        return frame
    }
}
