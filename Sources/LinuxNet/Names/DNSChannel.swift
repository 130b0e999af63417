import CCares
import CLinux
import LinuxProcess
import PacketEngine
import WireFormat

/// Runs one query at a time with c-ares, using the reactor's descriptors and timers: several servers, retries, and TCP
/// for truncated replies. The configuration files, search domains and sorting of c-ares are not used.
final class DNSChannel {
    enum Outcome {
        case message(DNSMessage)
        case failure(DNSClient.Failure)
    }

    private let channel: ares_channel
    private let sockets: DNSSockets
    private let reactor: Reactor
    private var servers: [ResolverConfiguration.Server] = []
    private var timer: Reactor.Timer?
    private var completion: ((Outcome) -> Void)?

    init(_ configuration: ResolverConfiguration, reactor: Reactor) throws(SystemError) {
        self.reactor = reactor
        sockets = DNSSockets(reactor)
        guard ares_library_init(ARES_LIB_INIT_ALL) == 0 else { throw SystemError(code: ENOMEM, operation: "c-ares") }
        var options = ares_options()
        options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES
        if configuration.usesTCP { options.flags |= ARES_FLAG_USEVC }
        if configuration.usesEDNS { options.flags |= ARES_FLAG_EDNS }
        options.timeout = Int32(configuration.timeout * 1_000)
        options.tries = Int32(configuration.attempts)
        options.ndots = 1
        options.ednspsz = 1_232
        options.sock_state_cb = { context, descriptor, reads, writes in
            guard let context else { return }
            Unmanaged<DNSSockets>.fromOpaque(context).takeUnretainedValue()
                .changed(descriptor, reads: reads != 0, writes: writes != 0)
        }
        options.sock_state_cb_data = Unmanaged.passUnretained(sockets).toOpaque()
        let mask =
            ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_EDNSPSZ
            | ARES_OPT_SOCK_STATE_CB | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF | ARES_OPT_NOROTATE
        var opened: ares_channel?
        // c-ares copies the strings. The resolv.conf path is an empty file, because it was parsed before.
        let status = "b".withCString { lookups in
            "/dev/null".withCString { file in
                options.lookups = UnsafeMutablePointer(mutating: lookups)
                options.resolvconf_path = UnsafeMutablePointer(mutating: file)
                return ares_init_options(&opened, &options, Int32(mask))
            }
        }
        guard status == ARES_SUCCESS, let opened else { throw SystemError(code: ENOMEM, operation: "c-ares") }
        channel = opened
        sockets.attach(to: channel)
        sockets.onReady = { [weak self] in self?.process(reading: $0, writing: $1) }
    }

    deinit {
        reactor.cancel(timer)
        ares_destroy(channel)
    }

    /// Sets the servers, in order. Must not be called during a query.
    func use(_ servers: [ResolverConfiguration.Server]) throws(SystemError) {
        guard servers != self.servers else { return }
        var nodes = servers.map { server in
            var node = ares_addr_node()
            node.family = server.address.family == .v4 ? AF_INET : AF_INET6
            withUnsafeMutableBytes(of: &node.addr) { $0.copyBytes(from: server.address.networkBytes) }
            return node
        }
        let status = nodes.withUnsafeMutableBufferPointer { list in
            for index in list.indices.dropFirst() { list[index - 1].next = list.baseAddress.map { $0 + index } }
            return ares_set_servers(channel, list.baseAddress)
        }
        guard status == ARES_SUCCESS else { throw SystemError(code: EINVAL, operation: "resolv.conf: nameserver") }
        self.servers = servers
        sockets.zones = []
        for server in servers {
            if let zone = server.zone {
                sockets.zones.append((server.address, Interface.index(of: zone) ?? UInt32(zone) ?? 0))
            }
        }
    }

    /// Queries the records of a fully qualified name.
    func ask(_ name: String, type: UInt16, _ completion: @escaping (Outcome) -> Void) {
        self.completion = completion
        sockets.lastError = nil
        ares_query(
            channel, name, Int32(DNSMessage.internetClass), Int32(type),
            { context, status, _, bytes, count in
                guard let context, status != ARES_EDESTRUCTION else { return }
                Unmanaged<DNSChannel>.fromOpaque(context).takeUnretainedValue()
                    .finish(status, UnsafeRawBufferPointer(start: bytes, count: Int(max(count, 0))))
            }, Unmanaged.passUnretained(self).toOpaque())
        setTimer()
    }

    /// Cancels the query; its completion is not called.
    func cancel() { completion = nil }

    private func finish(_ status: Int32, _ bytes: UnsafeRawBufferPointer) {
        guard let completion else { return }
        self.completion = nil
        if let failure = failure(status) { return completion(.failure(failure)) }
        do throws(ParseError) {
            completion(.message(try DNSMessage(bytes.bytes)))
        } catch {
            completion(.failure(.temporary("malformed reply from \(serverNames)")))
        }
    }

    /// Updates the timer; every call of c-ares may change its deadline.
    private func setTimer() {
        reactor.cancel(timer)
        timer = nil
        var time = timeval()
        guard completion != nil, ares_timeout(channel, nil, &time) != nil else { return }
        // One millisecond later, so that the deadline has passed.
        let wait = Nanoseconds(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_usec) * 1_000 + 1_000_000)
        timer = reactor.schedule(at: SystemClock.now + wait) { [weak self] in self?.process(reading: -1, writing: -1) }
    }

    private func process(reading: Int32, writing: Int32) {
        // The last query may end here, and its owner may release the channel.
        withExtendedLifetime(self) {
            ares_process_fd(channel, reading, writing)
            setTimer()
        }
    }

    private var serverNames: String { servers.map { "\($0.address)" }.joined(separator: ", ") }

    private func failure(_ status: Int32) -> DNSClient.Failure? {
        switch status {
        case ARES_SUCCESS: nil
        case ARES_ENOTFOUND: .noName
        case ARES_ENODATA: .noRecord
        case ARES_EBADNAME: .invalidName
        case ARES_ETIMEOUT: .noReply("no reply from \(serverNames)")
        case ARES_ESERVFAIL: .temporary("server failure at \(serverNames)")
        case ARES_EREFUSED: .temporary("query refused by \(serverNames)")
        case ARES_ENOTIMP: .temporary("query not supported by \(serverNames)")
        case ARES_EFORMERR: .temporary("query rejected as malformed by \(serverNames)")
        case ARES_EBADRESP: .temporary("malformed reply from \(serverNames)")
        // The status is the same for servers that are unreachable, fail or refuse.
        case ARES_ECONNREFUSED:
            if let code = sockets.lastError {
                .unreachable("\(serverNames): \(SystemError.message(code))")
            } else {
                .temporary("\(serverNames): server failure or query refused")
            }
        default: .temporary(String(cString: ares_strerror(status)))
        }
    }
}

/// The sockets of a c-ares channel: watched by the reactor, and connected with the zone of a link-local server,
/// which c-ares does not support.
private final class DNSSockets {
    private let reactor: Reactor
    /// The interface indices of link-local servers.
    var zones: [(address: IPAddress, index: UInt32)] = []
    /// Is called with the ready descriptor, or -1.
    var onReady: ((_ reading: Int32, _ writing: Int32) -> Void)?
    /// The last socket error; nil after a reply was received.
    var lastError: Int32?
    /// c-ares keeps a pointer to the functions.
    private let functions = UnsafeMutablePointer<ares_socket_functions>.allocate(capacity: 1)

    init(_ reactor: Reactor) {
        self.reactor = reactor
        functions.initialize(to: ares_socket_functions())
    }

    deinit { functions.deallocate() }

    private static func of(_ context: UnsafeMutableRawPointer?) -> DNSSockets? {
        context.map { Unmanaged<DNSSockets>.fromOpaque($0).takeUnretainedValue() }
    }

    func attach(to channel: ares_channel) {
        functions.pointee.asocket = { domain, type, proto, _ in
            socket(domain, type | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), proto)
        }
        functions.pointee.aclose = { descriptor, _ in close(descriptor) }
        functions.pointee.aconnect = { descriptor, address, length, context in
            guard let address, let sockets = DNSSockets.of(context) else { return -1 }
            if let parsed = SocketAddress.parse(UnsafeRawPointer(address)),
                let zone = sockets.zones.first(where: { $0.address == parsed.address })?.index
            {
                let scoped = SocketAddress(parsed.address, port: parsed.port, scope: zone)
                return Int32(sockets.noting(scoped.withPointer { Int(clinux_connect(descriptor, $0, $1)) }))
            }
            return Int32(sockets.noting(Int(clinux_connect(descriptor, address, length))))
        }
        functions.pointee.arecvfrom = { descriptor, bytes, count, flags, address, length, context in
            guard let bytes, let sockets = DNSSockets.of(context) else { return -1 }
            while true {
                let result = clinux_recvfrom(descriptor, bytes, count, flags, address, length)
                // A datagram that is not a response (QR bit, RFC 1035, section 4.1.1) is dropped: c-ares would accept
                // it.
                let isStream = address == nil
                if result > 2, !isStream, bytes.load(fromByteOffset: 2, as: UInt8.self) & 0x80 == 0 { continue }
                if result > 0 { sockets.lastError = nil }
                return sockets.noting(result)
            }
        }
        functions.pointee.asendv = { descriptor, vectors, count, context in
            guard let sockets = DNSSockets.of(context) else { return -1 }
            return sockets.noting(writev(descriptor, vectors, count))
        }
        ares_set_socket_functions(channel, functions, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Records the error of a failed call, which c-ares does not report. Keeps `errno`.
    private func noting(_ result: Int) -> Int {
        guard result < 0 else { return result }
        let code = clinux_errno()
        if ![EAGAIN, EINTR, EINPROGRESS].contains(code) { lastError = code }
        clinux_set_errno(code)
        return result
    }

    func changed(_ descriptor: Int32, reads: Bool, writes: Bool) {
        guard reads || writes else { return reactor.unwatch(descriptor) }
        var readiness: Reactor.Readiness = []
        if reads { readiness.insert(.reading) }
        if writes { readiness.insert(.writing) }
        // If the socket cannot be watched, the query ends by its timeout.
        try? reactor.watch(descriptor, for: readiness) { [weak self] ready in
            self?.onReady?(
                ready.contains(.reading) ? descriptor : -1, ready.contains(.writing) ? descriptor : -1)
        }
    }
}
