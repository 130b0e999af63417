import CLinux
import LinuxProcess
import PacketEngine

/// Sends frames without the interface's queue and without taps: an AF_XDP socket in copy mode, which
/// needs no BPF program and no support by the driver (Documentation/networking/af_xdp.rst).
/// Frames are in memory shared with the kernel, and one system call sends many.
final class XDPSender {
    private static let chunkLength = 2_048
    private static let chunkCount = 1_024
    /// The number of retries if the queue is in use, every 5 milliseconds.
    private static let patience = 12

    private let descriptor: Int32
    private let memory: UnsafeMutableRawPointer
    private let transmit: Ring
    private let completion: Ring
    /// The chunks that the kernel does not own.
    private var free: [UInt64]

    /// A ring: two counters that only grow, and the entries between them.
    private struct Ring {
        let base: UnsafeMutableRawPointer
        let length: Int
        let producer: UnsafeMutablePointer<UInt32>
        let consumer: UnsafeMutablePointer<UInt32>
        let entries: UnsafeMutableRawPointer

        init(
            _ descriptor: borrowing Descriptor, at page: Int, _ offset: xdp_ring_offset, entryLength: Int
        ) throws(SystemError) {
            length = Int(offset.desc) + XDPSender.chunkCount * entryLength
            let mapped = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.rawValue, page)
            guard let mapped, Int(bitPattern: mapped) != -1 else { throw .last("AF_XDP ring") }
            base = mapped
            producer = (mapped + Int(offset.producer)).assumingMemoryBound(to: UInt32.self)
            consumer = (mapped + Int(offset.consumer)).assumingMemoryBound(to: UInt32.self)
            entries = mapped + Int(offset.desc)
        }
    }

    /// Binds an AF_XDP socket to the interface's first queue. Throws if the interface or the system does not
    /// support it.
    init(_ opened: consuming Descriptor, interface: UInt32) throws(SystemError) {
        let length = Self.chunkLength * Self.chunkCount
        let mapped = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, Int(bitPattern: mapped) != -1 else { throw .last("AF_XDP memory") }
        do throws(SystemError) {
            var region = xdp_umem_reg()
            region.addr = UInt64(UInt(bitPattern: mapped))
            region.len = UInt64(length)
            region.chunk_size = UInt32(Self.chunkLength)
            try opened.setOption(SOL_XDP, XDP_UMEM_REG, region, "XDP_UMEM_REG")
            // Nothing is received, but sending requires a fill ring.
            try opened.setOption(SOL_XDP, XDP_UMEM_FILL_RING, UInt32(64), "XDP_UMEM_FILL_RING")
            try opened.setOption(
                SOL_XDP, XDP_UMEM_COMPLETION_RING, UInt32(Self.chunkCount), "XDP_UMEM_COMPLETION_RING")
            try opened.setOption(SOL_XDP, XDP_TX_RING, UInt32(Self.chunkCount), "XDP_TX_RING")
            var offsets = xdp_mmap_offsets()
            var size = socklen_t(MemoryLayout<xdp_mmap_offsets>.size)
            guard getsockopt(opened.rawValue, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &size) == 0 else {
                throw SystemError.last("XDP_MMAP_OFFSETS")
            }
            transmit = try Ring(
                opened, at: clinux_XDP_PGOFF_TX_RING, offsets.tx, entryLength: MemoryLayout<xdp_desc>.size)
            completion = try Ring(
                opened, at: clinux_XDP_UMEM_PGOFF_COMPLETION_RING, offsets.cr, entryLength: MemoryLayout<UInt64>.size)
            var address = sockaddr_xdp()
            address.sxdp_family = UInt16(AF_XDP)
            address.sxdp_flags = UInt16(XDP_COPY)
            address.sxdp_ifindex = interface
            // A closed socket releases the queue with a delay.
            for pause in 0...Self.patience {
                let result = withUnsafePointer(to: address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        clinux_bind(opened.rawValue, $0, socklen_t(MemoryLayout<sockaddr_xdp>.size))
                    }
                }
                if result == 0 { break }
                guard clinux_errno() == EBUSY, pause < Self.patience else { throw SystemError.last("AF_XDP bind") }
                usleep(5_000)
            }
        } catch {
            munmap(mapped, length)
            throw error
        }
        memory = mapped
        descriptor = opened.release()
        free = (0..<UInt64(Self.chunkCount)).map { $0 * UInt64(Self.chunkLength) }
    }

    /// Closes the socket in the background, which takes the kernel some 12 ms.
    deinit {
        munmap(transmit.base, transmit.length)
        munmap(completion.base, completion.length)
        munmap(memory, Self.chunkLength * Self.chunkCount)
        let descriptor = descriptor
        DetachedThread.startOrRun { close(descriptor) }
    }

    /// Sends frames of a batch.
    /// - Returns: the number of frames that the kernel accepted, or a negative errno.
    func send(_ batch: borrowing PacketBatch, _ range: Range<Int>) -> Int {
        reclaim()
        let count = min(range.count, free.count)
        guard count > 0 else {
            kick()
            return -Int(EAGAIN)
        }
        let start = transmit.producer.pointee
        // A local copy for the loop: access to a stored property costs more.
        var chunks: [UInt64] = []
        swap(&chunks, &free)
        let (memory, entries) = (self.memory, transmit.entries)
        batch.storage.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            for index in 0..<count {
                let entry = batch.entries[range.lowerBound &+ index]
                let chunk = chunks.removeLast()
                (memory + Int(chunk)).copyMemory(from: base + entry.offset, byteCount: entry.length)
                let slot = Int(start &+ UInt32(index)) & (Self.chunkCount &- 1)
                entries.storeBytes(
                    of: xdp_desc(addr: chunk, len: UInt32(entry.length), options: 0),
                    toByteOffset: slot &* MemoryLayout<xdp_desc>.size, as: xdp_desc.self)
            }
        }
        swap(&chunks, &free)
        clinux_store_release(transmit.producer, start &+ UInt32(count))
        // A call sends only some of them.
        var waits = 0
        while clinux_load_acquire(transmit.consumer) != start &+ UInt32(count) {
            let code = kick()
            if code == 0 || code == EINTR { continue }
            waits += 1
            // Frames that the kernel does not accept now stay in the ring and are sent by the next call.
            guard code == EAGAIN || code == ENOBUFS || code == EBUSY, waits < 64 else {
                return code == EAGAIN || code == ENOBUFS || code == EBUSY ? count : -Int(code)
            }
        }
        return count
    }

    /// Makes the kernel send the frames in the ring.
    /// - Returns: 0 or errno.
    @discardableResult
    private func kick() -> Int32 {
        clinux_sendto(descriptor, nil, 0, clinux_MSG_DONTWAIT, nil, 0) >= 0 ? 0 : clinux_errno()
    }

    /// Takes back the chunks of sent frames.
    private func reclaim() {
        let end = clinux_load_acquire(completion.producer)
        var next = completion.consumer.pointee
        guard next != end else { return }
        var chunks: [UInt64] = []
        swap(&chunks, &free)
        let entries = completion.entries
        while next != end {
            let slot = Int(next) & (Self.chunkCount &- 1)
            chunks.append(entries.load(fromByteOffset: slot &* MemoryLayout<UInt64>.size, as: UInt64.self))
            next = next &+ 1
        }
        swap(&chunks, &free)
        clinux_store_release(completion.consumer, next)
    }
}
