import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// A connection of the kernel's TCP, or a Unix socket.
final class KernelStream {
    let identifier: StreamIdentifier
    let descriptor: Descriptor
    private(set) var isConnected = false
    private let began: Instant
    private let endpoint: StreamEndpoint
    /// Bytes that did not fit in the socket's buffer.
    private var pending: [UInt8] = []
    private var sentOfPending = 0
    private var endsSending = false
    /// Whether the peer has closed its sending direction.
    var hasEnded = false
    /// The events last requested from epoll.
    private var interest: UInt32 = 0

    /// Opens a socket and starts to connect; `isConnected` is true if that is already done.
    /// - Parameter interface: the only interface to use.
    init(_ identifier: StreamIdentifier, to endpoint: StreamEndpoint, interface: String?) throws(SystemError) {
        self.identifier = identifier
        self.endpoint = endpoint
        let address: SocketAddress
        switch endpoint {
        case .tcp(let host, let zone, let port):
            address = SocketAddress(host, port: port, scope: zone)
            let family = host.family == .v4 ? AF_INET : AF_INET6
            descriptor = try Descriptor.socket(family, Int32(SOCK_STREAM.rawValue), 0)
            try descriptor.setOption(Int32(IPPROTO_TCP), TCP_NODELAY, Int32(1), "TCP_NODELAY")
            if let interface { try descriptor.bindToDevice(interface) }
        case .local(let path):
            guard let local = SocketAddress(path: path) else {
                throw SystemError(code: ENAMETOOLONG, operation: path)
            }
            address = local
            descriptor = try Descriptor.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        }
        began = SystemClock.now
        do throws(SystemError) {
            try descriptor.connect(address)
            isConnected = true
        } catch {
            guard error.code == EINPROGRESS else { throw error }
        }
    }

    /// The properties of the connection, once established.
    var opening: StreamOpening {
        guard case .tcp = endpoint, let local = SocketAddress.local(of: descriptor) else {
            return StreamOpening(local: nil, began: began)
        }
        return StreamOpening(local: (local.address, local.port), began: began)
    }

    /// Returns the result of connecting: nil on success, or the error number.
    func finishConnecting() -> Int32? {
        let error = descriptor.option(SOL_SOCKET, SO_ERROR) ?? 0
        guard error == 0 else { return error }
        isConnected = true
        return nil
    }

    /// Passes bytes to the kernel, and keeps those that do not fit.
    func send(_ bytes: [UInt8]) {
        pending += bytes
        if isConnected { flush() }
    }

    func endSending() {
        endsSending = true
        if isConnected { flush() }
    }

    /// Sends kept bytes. An error is reported by the next read: a reply may precede it.
    func flush() {
        while sentOfPending < pending.count {
            let count = pending.withUnsafeBytes { bytes in
                bytes.baseAddress.map {
                    CLinux.send(
                        descriptor.rawValue, $0 + sentOfPending, bytes.count - sentOfPending,
                        Int32(MSG_NOSIGNAL))
                } ?? 0
            }
            if count < 0, clinux_errno() == EINTR { continue }
            if count < 0, clinux_errno() == EAGAIN { return }
            guard count > 0 else {
                pending = []
                sentOfPending = 0
                return
            }
            sentOfPending += count
        }
        pending.removeAll(keepingCapacity: true)
        sentOfPending = 0
        if endsSending {
            endsSending = false
            shutdown(descriptor.rawValue, Int32(SHUT_WR))
        }
    }

    /// Requests the events that matter now from the poller.
    func watch(with poller: borrowing Descriptor) throws(SystemError) {
        var wanted: UInt32 = hasEnded ? 0 : EPOLLIN.rawValue
        if !isConnected || sentOfPending < pending.count { wanted |= EPOLLOUT.rawValue }
        guard wanted != interest else { return }
        var event = epoll_event(events: wanted, data: epoll_data_t(u64: identifier.number))
        let operation = interest == 0 ? EPOLL_CTL_ADD : wanted == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD
        guard epoll_ctl(poller.rawValue, operation, descriptor.rawValue, &event) == 0 else { throw .last("epoll_ctl") }
        interest = wanted
    }
}
