import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// The reusable arrays of sendmmsg(2).
struct SendVector: ~Copyable {
    private let headers: UnsafeMutablePointer<mmsghdr>
    private let pieces: UnsafeMutablePointer<iovec>
    private let addresses: UnsafeMutablePointer<SocketAddress>
    private let capacity: Int
    /// The bytes inserted after the addresses of every frame; nil for none.
    private let tag: UnsafeMutableBufferPointer<UInt8>?
    /// The length of the addresses at the start of a frame.
    private static let addressesLength = 12

    /// - Parameter tag: the bytes to insert between the addresses and the EtherType of every frame (IEEE 802.1Q).
    init(capacity: Int, tag bytes: [UInt8]? = nil) {
        self.capacity = capacity
        tag = bytes.map { bytes in
            let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
            _ = buffer.initialize(from: bytes)
            return buffer
        }
        let pieceCount = capacity * (bytes == nil ? 1 : 3)
        headers = .allocate(capacity: capacity)
        headers.initialize(repeating: mmsghdr(), count: capacity)
        pieces = .allocate(capacity: pieceCount)
        pieces.initialize(repeating: iovec(), count: pieceCount)
        addresses = .allocate(capacity: capacity)
        addresses.initialize(repeating: SocketAddress(), count: capacity)
    }

    deinit {
        headers.deallocate()
        pieces.deallocate()
        addresses.deallocate()
        tag?.deallocate()
    }

    /// Sends the packets of `range` on one socket.
    /// - Returns: the number of packets that the kernel accepted, or the negative errno of the first.
    mutating func send(
        _ batch: borrowing PacketBatch, _ range: Range<Int>, on socket: Int32, scope: UInt32
    ) -> Int {
        let count = min(range.count, capacity)
        if count == 1 { return send(batch, batch.entries[range.lowerBound], on: socket, scope: scope) }
        return batch.storage.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            for index in 0..<count {
                let entry = batch.entries[range.lowerBound + index]
                addresses[index] = SocketAddress(entry.destination, scope: scope)
                pieces[index].iov_base = UnsafeMutableRawPointer(mutating: base + entry.offset)
                pieces[index].iov_len = entry.length
                headers[index].msg_hdr.msg_name = UnsafeMutableRawPointer(addresses + index)
                headers[index].msg_hdr.msg_namelen = addresses[index].length
                headers[index].msg_hdr.msg_iov = pieces + index
                headers[index].msg_hdr.msg_iovlen = 1
            }
            return send(count, on: socket)
        }
    }

    /// Sends frames, or IP packets on links without a link header, on a packet socket, by the interface that it is
    /// bound to or by their own.
    /// - Returns: the number of packets that the kernel accepted, or the negative errno of the first.
    mutating func sendFrames(
        _ batch: borrowing PacketBatch, _ range: Range<Int>, on socket: Int32, boundTo interface: UInt32 = 0
    ) -> Int {
        let count = min(range.count, capacity)
        return batch.storage.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            let first = batch.entries[range.lowerBound]
            if count == 1, first.interfaceIndex == 0, first.isFrame, tag == nil {
                return sendFrame(base + first.offset, first.length, on: socket)
            }
            for index in 0..<count {
                let entry = batch.entries[range.lowerBound + index]
                setPieces(of: index, UnsafeMutableRawPointer(mutating: base + entry.offset), entry.length)
                if entry.interfaceIndex == 0, entry.isFrame {
                    headers[index].msg_hdr.msg_name = nil
                    headers[index].msg_hdr.msg_namelen = 0
                } else {
                    // Drivers such as PPP's take the protocol of a packet without link header from here.
                    let etherType: EtherType? =
                        entry.isFrame ? nil : entry.destination.family == .v4 ? .ipv4 : .ipv6
                    addresses[index] = SocketAddress(
                        interface: entry.interfaceIndex == 0 ? interface : entry.interfaceIndex,
                        etherType: etherType?.rawValue ?? 0)
                    headers[index].msg_hdr.msg_name = UnsafeMutableRawPointer(addresses + index)
                    headers[index].msg_hdr.msg_namelen = addresses[index].length
                }
            }
            return send(count, on: socket)
        }
    }

    /// Sets the pieces of a frame: the whole frame, or its addresses, the tag and the rest.
    private func setPieces(of index: Int, _ frame: UnsafeMutableRawPointer, _ length: Int) {
        if let tag, length >= Self.addressesLength {
            let first = pieces + index * 3
            first[0] = iovec(iov_base: frame, iov_len: Self.addressesLength)
            first[1] = iovec(iov_base: UnsafeMutableRawPointer(tag.baseAddress), iov_len: tag.count)
            first[2] = iovec(
                iov_base: frame + Self.addressesLength, iov_len: length - Self.addressesLength)
            headers[index].msg_hdr.msg_iov = first
            headers[index].msg_hdr.msg_iovlen = 3
        } else {
            let piece = pieces + (tag == nil ? index : index * 3)
            piece[0] = iovec(iov_base: frame, iov_len: length)
            headers[index].msg_hdr.msg_iov = piece
            headers[index].msg_hdr.msg_iovlen = 1
        }
    }

    private func send(_ count: Int, on socket: Int32) -> Int {
        while true {
            let sent = sendmmsg(socket, headers, UInt32(count), clinux_MSG_DONTWAIT)
            if sent >= 0 { return Int(sent) }
            let code = clinux_errno()
            if code != EINTR { return -Int(code) }
        }
    }
}

extension SendVector {
    /// A single frame is sent by send(2), which has no structures to copy.
    private func sendFrame(_ bytes: UnsafeRawPointer, _ length: Int, on socket: Int32) -> Int {
        while true {
            if CLinux.send(socket, bytes, length, clinux_MSG_DONTWAIT) >= 0 { return 1 }
            let code = clinux_errno()
            if code != EINTR { return -Int(code) }
        }
    }

    /// A single packet is sent by sendto(2), which has fewer structures to copy.
    private mutating func send(
        _ batch: borrowing PacketBatch, _ entry: PacketBatch.Entry, on socket: Int32, scope: UInt32
    ) -> Int {
        addresses[0] = SocketAddress(entry.destination, scope: scope)
        let length = addresses[0].length
        return batch.storage.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            while true {
                let sent = clinux_sendto(
                    socket, base + entry.offset, entry.length, clinux_MSG_DONTWAIT,
                    UnsafeRawPointer(addresses), length)
                if sent >= 0 { return 1 }
                let code = clinux_errno()
                if code != EINTR { return -Int(code) }
            }
        }
    }
}

/// The reusable arrays of recvmmsg(2), with space for packets and control messages.
struct ReceiveVector: ~Copyable {
    let capacity: Int
    private let slotLength: Int
    private let headers: UnsafeMutablePointer<mmsghdr>
    private let pieces: UnsafeMutablePointer<iovec>
    private let addresses: UnsafeMutablePointer<sockaddr_storage>
    private let buffer: UnsafeMutableRawPointer
    private let control: UnsafeMutableRawPointer
    private static let controlLength = 512
    /// The number of headers whose lengths the kernel has overwritten.
    private var used: Int

    init(capacity: Int, slotLength: Int) {
        self.capacity = capacity
        self.slotLength = slotLength
        headers = .allocate(capacity: capacity)
        headers.initialize(repeating: mmsghdr(), count: capacity)
        pieces = .allocate(capacity: capacity)
        addresses = .allocate(capacity: capacity)
        addresses.initialize(repeating: sockaddr_storage(), count: capacity)
        buffer = .allocate(byteCount: capacity * slotLength, alignment: 16)
        control = .allocate(byteCount: capacity * Self.controlLength, alignment: 16)
        for index in 0..<capacity {
            pieces[index] = iovec(iov_base: buffer + index * slotLength, iov_len: slotLength)
            headers[index].msg_hdr.msg_iov = pieces + index
            headers[index].msg_hdr.msg_iovlen = 1
            headers[index].msg_hdr.msg_name = UnsafeMutableRawPointer(addresses + index)
            headers[index].msg_hdr.msg_control = control + index * Self.controlLength
        }
        used = capacity
    }

    deinit {
        headers.deallocate()
        pieces.deallocate()
        addresses.deallocate()
        buffer.deallocate()
        control.deallocate()
    }

    /// Receives waiting messages, without blocking.
    /// - Returns: the number of messages, or the negative errno.
    mutating func receive(from socket: Int32, flags: Int32 = 0, atMost limit: Int = .max) -> Int {
        for index in 0..<used {
            headers[index].msg_hdr.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
            headers[index].msg_hdr.msg_controllen = Self.controlLength
        }
        used = 0
        if limit == 1 { return receiveOne(from: socket, flags: flags) }
        while true {
            let count = recvmmsg(socket, headers, UInt32(min(capacity, limit)), flags | clinux_MSG_DONTWAIT, nil)
            if count >= 0 {
                used = Int(count)
                return Int(count)
            }
            let code = clinux_errno()
            if code != EINTR { return -Int(code) }
        }
    }

    /// A single message is received by recvmsg(2), which has fewer structures to copy.
    private mutating func receiveOne(from socket: Int32, flags: Int32) -> Int {
        while true {
            let length = recvmsg(socket, &headers[0].msg_hdr, flags | clinux_MSG_DONTWAIT)
            if length >= 0 {
                headers[0].msg_len = UInt32(length)
                used = 1
                return 1
            }
            let code = clinux_errno()
            if code != EINTR { return -Int(code) }
        }
    }

    /// Returns the bytes of a message.
    func bytes(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: buffer + index * slotLength, count: min(Int(headers[index].msg_len), slotLength))
    }

    /// Returns the sender of a message, or nil if the kernel gave no address.
    func source(_ index: Int) -> (address: IPAddress, port: UInt16, scope: UInt32)? {
        headers[index].msg_hdr.msg_namelen == 0 ? nil : SocketAddress.parse(UnsafeRawPointer(addresses + index))
    }

    /// Returns the link-layer sender of a packet socket's message.
    func linkSource(_ index: Int) -> sockaddr_ll {
        UnsafeRawPointer(addresses + index).loadUnaligned(as: sockaddr_ll.self)
    }

    /// Calls `body` with level, type and data of every control message.
    func forEachControl(_ index: Int, _ body: (Int32, Int32, UnsafeRawBufferPointer) -> Void) {
        var header = clinux_cmsg_first(&headers[index].msg_hdr)
        while let current = header {
            let length = Int(current.pointee.cmsg_len) - clinux_cmsg_len(0)
            if length >= 0, let data = clinux_cmsg_data(current) {
                body(
                    current.pointee.cmsg_level, current.pointee.cmsg_type,
                    UnsafeRawBufferPointer(start: data, count: length))
            }
            header = clinux_cmsg_next(&headers[index].msg_hdr, current)
        }
    }
}

extension TransmissionFailure {
    /// Classifies a failed send call.
    /// - Parameter code: its error number (errno).
    package init(errorNumber code: Int32) {
        let message = SystemError.message(code)
        self =
            switch code {
            case ENETDOWN, ENXIO, ENODEV: .interface(message)
            case EACCES: .notPermitted(message)
            default: .system(message)
            }
    }
}
