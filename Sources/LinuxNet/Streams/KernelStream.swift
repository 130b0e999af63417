import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// One connection of the kernel's TCP, or a socket of this machine.
final class KernelStream {
    let identifier: StreamIdentifier
    let descriptor: Descriptor
    private(set) var isConnected = false
    private let began: Instant
    private let endpoint: StreamEndpoint
    /// What the socket had no room for.
    private var pending: [UInt8] = []
    private var sentOfPending = 0
    private var endsSending = false
    /// The other side has sent its last byte.
    var hasEnded = false
    /// What epoll was asked for last.
    private var interest: UInt32 = 0

    /// Opens a socket and begins to connect; `isConnected` when that is already done.
    /// - Parameter interface: through which alone it is to go.
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

    /// How it came to be, once it stands.
    var opening: StreamOpening {
        guard case .tcp = endpoint, let local = SocketAddress.local(of: descriptor) else {
            return StreamOpening(local: nil, began: began)
        }
        return StreamOpening(local: (local.address, local.port), began: began)
    }

    /// The end of the connecting: nil when it stands, or the error's number.
    func finishConnecting() -> Int32? {
        let error = descriptor.option(SOL_SOCKET, SO_ERROR) ?? 0
        guard error == 0 else { return error }
        isConnected = true
        return nil
    }

    /// Hands bytes to the kernel, and keeps what it has no room for.
    func send(_ bytes: [UInt8]) {
        pending += bytes
        if isConnected { flush() }
    }

    func endSending() {
        endsSending = true
        if isConnected { flush() }
    }

    /// Goes on sending. An error is left for the reader to see: before it may lie an answer.
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

    /// Asks the poller for what matters now.
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
