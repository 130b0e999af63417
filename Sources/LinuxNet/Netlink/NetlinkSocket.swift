import CLinux
import LinuxProcess

/// A socket to the kernel's routing subsystem (rtnetlink(7)).
struct NetlinkSocket: ~Copyable {
    private let descriptor: Descriptor
    private var sequence: UInt32 = 0

    // Blocking is fine: the kernel replies during the request, without waiting for the network.
    init() throws(SystemError) {
        descriptor = try Descriptor.socket(
            AF_NETLINK, Int32(SOCK_RAW.rawValue), NETLINK_ROUTE, blocks: true, "netlink socket")
    }

    /// An attribute of a message: its type and the range of its data in the message.
    struct Attribute {
        var type: UInt16
        var range: Range<Int>
    }

    /// A reply: the fixed part and the attributes, all in `bytes`.
    struct Message {
        var type: UInt16
        var bytes: [UInt8]

        /// Returns the fixed part as a C structure, or nil if it is truncated.
        func header<Header: BitwiseCopyable>(_ type: Header.Type) -> Header? {
            bytes.count < MemoryLayout<Header>.size ? nil : bytes.withUnsafeBytes { $0.loadUnaligned(as: Header.self) }
        }

        /// Returns the attributes after a fixed part of `headerLength` bytes.
        func attributes(after headerLength: Int) -> [Attribute] {
            NetlinkSocket.attributes(bytes, in: ((headerLength + 3) & ~3)..<bytes.count)
        }

        func uint32(_ attribute: Attribute) -> UInt32? {
            attribute.range.count < 4
                ? nil
                : bytes.withUnsafeBytes {
                    $0.loadUnaligned(fromByteOffset: attribute.range.lowerBound, as: UInt32.self)
                }
        }

        func string(_ attribute: Attribute) -> String {
            String(decoding: bytes[attribute.range].prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Returns the attributes in a range of bytes, up to the first with an invalid length.
    static func attributes(_ bytes: [UInt8], in range: Range<Int>) -> [Attribute] {
        var attributes: [Attribute] = []
        var offset = range.lowerBound
        while offset + 4 <= range.upperBound {
            let (length, type) = bytes.withUnsafeBytes {
                (
                    Int($0.loadUnaligned(fromByteOffset: offset, as: UInt16.self)),
                    $0.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self)
                )
            }
            guard length >= 4, offset + length <= range.upperBound else { break }
            attributes.append(Attribute(type: type & 0x3FFF, range: offset + 4..<offset + length))
            offset += (length + 3) & ~3
        }
        return attributes
    }

    /// Sends a request and returns its replies.
    mutating func request<Header: BitwiseCopyable>(
        _ type: Int, flags: UInt16, header: Header, attributes: [(type: Int, data: [UInt8])] = [], _ operation: String
    ) throws(SystemError) -> [Message] {
        sequence &+= 1
        var body = withUnsafeBytes(of: header) { Array($0) }
        for attribute in attributes {
            while body.count % 4 != 0 { body.append(0) }
            withUnsafeBytes(of: UInt16(4 + attribute.data.count)) { body += $0 }
            withUnsafeBytes(of: UInt16(attribute.type)) { body += $0 }
            body += attribute.data
        }
        let headerLength = MemoryLayout<nlmsghdr>.size
        let message = nlmsghdr(
            nlmsg_len: UInt32(headerLength + body.count), nlmsg_type: UInt16(type),
            nlmsg_flags: UInt16(NLM_F_REQUEST) | flags, nlmsg_seq: sequence, nlmsg_pid: 0)
        let bytes = withUnsafeBytes(of: message) { Array($0) } + body
        guard bytes.withUnsafeBytes({ send(descriptor.rawValue, $0.baseAddress, $0.count, 0) }) == bytes.count else {
            throw .last(operation)
        }
        return try collect(isDump: flags & clinux_NLM_F_DUMP == clinux_NLM_F_DUMP, operation)
    }

    private func collect(isDump: Bool, _ operation: String) throws(SystemError) -> [Message] {
        var messages: [Message] = []
        // Uninitialized: a reply usually needs only one page.
        var buffer = [UInt8](unsafeUninitializedCapacity: 65_536) { $1 = 65_536 }
        let headerLength = MemoryLayout<nlmsghdr>.size
        while true {
            let received = buffer.withUnsafeMutableBytes { recv(descriptor.rawValue, $0.baseAddress, $0.count, 0) }
            if received < 0, clinux_errno() == EINTR { continue }
            guard received >= headerLength else { throw .last(operation) }
            var offset = 0
            while offset + headerLength <= received {
                let header = buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: nlmsghdr.self) }
                let end = offset + Int(header.nlmsg_len)
                guard Int(header.nlmsg_len) >= headerLength, end <= received else { break }
                if header.nlmsg_seq == sequence {
                    if header.nlmsg_type == UInt16(NLMSG_DONE) { return messages }
                    if header.nlmsg_type == UInt16(NLMSG_ERROR) {
                        let code = buffer.withUnsafeBytes {
                            $0.loadUnaligned(fromByteOffset: offset + headerLength, as: Int32.self)
                        }
                        guard code == 0 else { throw SystemError(code: -code, operation: operation) }
                        return messages
                    }
                    messages.append(Message(type: header.nlmsg_type, bytes: Array(buffer[offset + headerLength..<end])))
                    if !isDump { return messages }
                }
                offset = (end + 3) & ~3
            }
        }
    }
}
