import CLinux
import LinuxProcess

extension Descriptor {
    /// Opens a socket with close-on-exec.
    static func socket(
        _ domain: Int32, _ type: Int32, _ proto: Int32, blocks: Bool = false, _ operation: String = "socket"
    ) throws(SystemError) -> Descriptor {
        let flags = (blocks ? 0 : SOCK_NONBLOCK.rawValue) | SOCK_CLOEXEC.rawValue
        let descriptor = CLinux.socket(domain, type | Int32(flags), proto)
        guard descriptor >= 0 else { throw .last(operation) }
        return Descriptor(owning: descriptor)
    }

    /// Sets a socket option of a plain type.
    func setOption<Value: BitwiseCopyable>(
        _ level: Int32, _ name: Int32, _ value: Value, _ operation: String
    ) throws(SystemError) {
        let result = withUnsafeBytes(of: value) {
            setsockopt(rawValue, level, name, $0.baseAddress, socklen_t($0.count))
        }
        guard result == 0 else { throw .last(operation) }
    }

    /// Sets a socket option to a sequence of bytes.
    func setOption(_ level: Int32, _ name: Int32, bytes: [UInt8], _ operation: String) throws(SystemError) {
        let result = bytes.withUnsafeBytes { setsockopt(rawValue, level, name, $0.baseAddress, socklen_t($0.count)) }
        guard result == 0 else { throw .last(operation) }
    }

    /// Returns an integer socket option, or nil on error.
    func option(_ level: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(rawValue, level, name, &value, &length) == 0 ? value : nil
    }

    /// Returns the number of packets that the kernel dropped because the receive buffer
    /// was full. (SO_RXQ_OVFL would report it only with a later packet, which
    /// may never arrive.)
    static func dropCount(_ descriptor: Int32) -> UInt64 {
        var information = [UInt32](repeating: 0, count: Int(SK_MEMINFO_VARS))
        var length = socklen_t(information.count * MemoryLayout<UInt32>.size)
        let drops = Int(SK_MEMINFO_DROPS)
        guard getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, &information, &length) == 0,
            Int(length) > drops * MemoryLayout<UInt32>.size
        else { return 0 }
        return UInt64(information[drops])
    }

    /// Binds the socket to an address.
    func bind(_ address: SocketAddress, _ operation: String = "bind") throws(SystemError) {
        let result = address.withPointer { clinux_bind(rawValue, $0, $1) }
        guard result == 0 else { throw .last(operation) }
    }

    /// Connects the socket to an address.
    func connect(_ address: SocketAddress, _ operation: String = "connect") throws(SystemError) {
        let result = address.withPointer { clinux_connect(rawValue, $0, $1) }
        guard result == 0 else { throw .last(operation) }
    }

    /// Restricts sending and receiving to this interface.
    func bindToDevice(_ name: String) throws(SystemError) {
        try setOption(SOL_SOCKET, SO_BINDTODEVICE, bytes: Array(name.utf8) + [0], "SO_BINDTODEVICE \(name)")
    }
}
