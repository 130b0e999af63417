import CCares
import CLinux
import PacketEngine
import WireFormat

/// Queries to the servers of resolv.conf, by c-ares on the reactor's descriptors and timers. What c-ares would
/// read or decide by itself - files, search domains, order - is handed to it or left out.
final class DNSClient {
    enum RecordType: Int32 {
        case ipv4 = 1
        case pointer = 12
        case ipv6 = 28
    }

    /// What a reply held.
    struct Reply {
        var addresses: [IPAddress] = []
        /// The name that the records belong to, after its aliases.
        var canonicalName: String?
    }

    enum Failure: Error, Equatable {
        /// There is no such name.
        case noName
        /// The name has no record of that type.
        case noRecord
        /// No server answered as it should; the reason in words.
        case temporary(String)
        /// No server can be reached.
        case unreachable(String)
        /// The name can be in no query.
        case invalidName
    }

    typealias Completion = (Result<Reply, Failure>) -> Void

    private let channel: ares_channel
    private let sockets: DNSSockets
    private let reactor: Reactor
    private let servers: String
    private var timer: Reactor.Timer?

    init(_ configuration: ResolverConfiguration, reactor: Reactor) throws(SystemError) {
        self.reactor = reactor
        sockets = DNSSockets(reactor)
        servers = configuration.servers.map { "\($0.address)" }.joined(separator: ", ")
        guard ares_library_init(ARES_LIB_INIT_ALL) == 0 else { throw SystemError(code: ENOMEM, operation: "c-ares") }
        var options = ares_options()
        options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES
        if configuration.usesTCP { options.flags |= ARES_FLAG_USEVC }
        if configuration.usesEDNS { options.flags |= ARES_FLAG_EDNS }
        options.timeout = Int32(configuration.timeout * 1_000)
        options.tries = Int32(configuration.attempts)
        options.ndots = Int32(configuration.dotThreshold)
        options.ednspsz = 1_232
        options.sock_state_cb = { context, descriptor, reads, writes in
            guard let context else { return }
            Unmanaged<DNSSockets>.fromOpaque(context).takeUnretainedValue()
                .changed(descriptor, reads: reads != 0, writes: writes != 0)
        }
        options.sock_state_cb_data = Unmanaged.passUnretained(sockets).toOpaque()
        let mask =
            ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_EDNSPSZ
            | ARES_OPT_SOCK_STATE_CB | ARES_OPT_DOMAINS | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF
            | (configuration.rotates ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE)
        var opened: ares_channel?
        // c-ares copies the strings. An empty file in place of resolv.conf: ours is read already.
        let status = "b".withCString { lookups in
            "/dev/null".withCString { file in
                options.lookups = UnsafeMutablePointer(mutating: lookups)
                options.resolvconf_path = UnsafeMutablePointer(mutating: file)
                return ares_init_options(&opened, &options, Int32(mask))
            }
        }
        guard status == ARES_SUCCESS, let opened else {
            throw SystemError(code: ENOMEM, operation: "c-ares")
        }
        channel = opened
        sockets.zones = configuration.servers.reduce(into: [:]) { zones, server in
            if let zone = server.zone { zones[server.address] = Interface.index(of: zone) ?? UInt32(zone) }
        }
        sockets.attach(to: channel)
        guard Self.setServers(configuration.servers.map(\.address), of: channel) else {
            throw SystemError(code: EINVAL, operation: "resolv.conf: nameserver")
        }
        sockets.onReady = { [weak self] in self?.process(reading: $0, writing: $1) }
    }

    deinit {
        reactor.cancel(timer)
        // Pending queries end as destroyed, without a word to their owners.
        ares_destroy(channel)
    }

    private static func setServers(_ servers: [IPAddress], of channel: ares_channel) -> Bool {
        var nodes = servers.map { address in
            var node = ares_addr_node()
            node.family = address.family == .v4 ? AF_INET : AF_INET6
            withUnsafeMutableBytes(of: &node.addr) { $0.copyBytes(from: RouteTable.networkBytes(address)) }
            return node
        }
        return nodes.withUnsafeMutableBufferPointer { list in
            guard let first = list.baseAddress else { return false }
            for index in list.indices.dropFirst() { list[index - 1].next = first + index }
            return ares_set_servers(channel, first) == ARES_SUCCESS
        }
    }

    /// Asks for the addresses of a whole name.
    func addresses(of name: String, _ type: RecordType, _ completion: @escaping Completion) {
        ask(name, type) { bytes throws(Failure) in
            var entry: UnsafeMutablePointer<hostent>?
            let status =
                type == .ipv4
                ? ares_parse_a_reply(bytes.baseAddress, Int32(bytes.count), &entry, nil, nil)
                : ares_parse_aaaa_reply(bytes.baseAddress, Int32(bytes.count), &entry, nil, nil)
            return try self.reply(entry, status)
        } completion: {
            completion($0)
        }
    }

    /// Asks for the name of an address.
    func name(of address: IPAddress, _ completion: @escaping Completion) {
        ask(Self.pointerName(of: address), .pointer) { bytes throws(Failure) in
            var entry: UnsafeMutablePointer<hostent>?
            let octets = RouteTable.networkBytes(address)
            let status = octets.withUnsafeBytes { octets in
                ares_parse_ptr_reply(
                    bytes.baseAddress, Int32(bytes.count), octets.baseAddress, Int32(octets.count),
                    address.family == .v4 ? AF_INET : AF_INET6, &entry)
            }
            return try self.reply(entry, status)
        } completion: {
            completion($0)
        }
    }

    /// The name under which an address is asked for (RFC 1035, section 3.5; RFC 3596, section 2.5).
    static func pointerName(of address: IPAddress) -> String {
        let bytes = RouteTable.networkBytes(address).reversed()
        if address.family == .v4 { return bytes.map { "\($0)" }.joined(separator: ".") + ".in-addr.arpa" }
        let digits = bytes.flatMap { [$0 & 0xF, $0 >> 4] }.map { String($0, radix: 16) }
        return digits.joined(separator: ".") + ".ip6.arpa"
    }

    // MARK: Queries

    /// A query under way, as c-ares carries it.
    private final class Query {
        let parse: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Reply
        let completion: Completion
        weak var client: DNSClient?

        init(
            _ client: DNSClient, _ parse: @escaping (UnsafeBufferPointer<UInt8>) throws(Failure) -> Reply,
            _ completion: @escaping Completion
        ) {
            self.client = client
            self.parse = parse
            self.completion = completion
        }
    }

    private func ask(
        _ name: String, _ type: RecordType,
        parse: @escaping (UnsafeBufferPointer<UInt8>) throws(Failure) -> Reply, completion: @escaping Completion
    ) {
        let query = Unmanaged.passRetained(Query(self, parse, completion)).toOpaque()
        // Class 1 is the Internet.
        ares_query(
            channel, name, 1, type.rawValue,
            { context, status, _, bytes, count in
                guard let context else { return }
                let query = Unmanaged<Query>.fromOpaque(context).takeRetainedValue()
                guard let client = query.client, status != ARES_EDESTRUCTION else { return }
                let result: Result<Reply, Failure>
                do throws(Failure) {
                    if let failure = client.failure(status) { throw failure }
                    result = .success(
                        try query.parse(UnsafeBufferPointer(start: bytes, count: Int(max(count, 0)))))
                } catch {
                    result = .failure(error)
                }
                query.completion(result)
            }, query)
        setTimer()
    }

    /// What c-ares waits for may have changed with every call.
    private func setTimer() {
        reactor.cancel(timer)
        timer = nil
        var time = timeval()
        guard ares_timeout(channel, nil, &time) != nil else { return }
        // A millisecond late, so that what is due has really expired.
        let wait = Nanoseconds(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_usec) * 1_000 + 1_000_000)
        timer = reactor.schedule(at: SystemClock.now + wait) { [weak self] in self?.process(reading: -1, writing: -1) }
    }

    private func process(reading: Int32, writing: Int32) {
        ares_process_fd(channel, reading, writing)
        setTimer()
    }

    /// The records of a parsed reply, which is freed.
    private func reply(_ entry: UnsafeMutablePointer<hostent>?, _ status: Int32) throws(Failure) -> Reply {
        if let failure = failure(status) { throw failure }
        guard let entry else { throw .noRecord }
        defer { ares_free_hostent(entry) }
        var reply = Reply()
        if let name = entry.pointee.h_name { reply.canonicalName = String(cString: name) }
        var next = entry.pointee.h_addr_list
        while let pointer = next?.pointee {
            let bytes = UnsafeRawBufferPointer(start: pointer, count: Int(entry.pointee.h_length))
            if let address = RouteTable.address(Array(bytes)[...]) { reply.addresses.append(address) }
            next = next?.advanced(by: 1)
        }
        return reply
    }

    private func failure(_ status: Int32) -> Failure? {
        switch status {
        case ARES_SUCCESS: nil
        case ARES_ENOTFOUND: .noName
        case ARES_ENODATA: .noRecord
        case ARES_EBADNAME: .invalidName
        case ARES_ETIMEOUT: .temporary("no reply from \(servers)")
        case ARES_ESERVFAIL: .temporary("server failure at \(servers)")
        case ARES_EREFUSED: .temporary("query refused by \(servers)")
        case ARES_ENOTIMP: .temporary("query not supported by \(servers)")
        case ARES_EFORMERR: .temporary("query rejected as malformed by \(servers)")
        case ARES_EBADRESP: .temporary("malformed reply from \(servers)")
        // The same number stands for servers that cannot be reached, that fail and that refuse.
        case ARES_ECONNREFUSED:
            if let code = sockets.lastError {
                .unreachable("\(servers): \(SystemError.message(code))")
            } else {
                .temporary("\(servers): server failure or query refused")
            }
        default: .temporary(String(cString: ares_strerror(status)))
        }
    }
}

/// The sockets of a c-ares channel: watched by the reactor, and connected with the zone that a link-local
/// server needs, which c-ares does not know.
private final class DNSSockets {
    private let reactor: Reactor
    /// Interface indexes of link-local servers.
    var zones: [IPAddress: UInt32] = [:]
    /// Called with the descriptor that is ready, or -1.
    var onReady: ((_ reading: Int32, _ writing: Int32) -> Void)?
    /// The last error of a socket; nil since a server has answered.
    fileprivate var lastError: Int32?
    /// c-ares keeps a pointer to them.
    private let functions = UnsafeMutablePointer<ares_socket_functions>.allocate(capacity: 1)

    init(_ reactor: Reactor) {
        self.reactor = reactor
        functions.initialize(to: ares_socket_functions())
    }

    deinit { functions.deallocate() }

    func attach(to channel: ares_channel) {
        functions.pointee.asocket = { domain, type, proto, _ in
            socket(domain, type | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), proto)
        }
        functions.pointee.aclose = { descriptor, _ in close(descriptor) }
        functions.pointee.aconnect = { descriptor, address, length, context in
            guard let address, let context else { return -1 }
            let sockets = Unmanaged<DNSSockets>.fromOpaque(context).takeUnretainedValue()
            if let parsed = SocketAddress.parse(UnsafeRawPointer(address)), let zone = sockets.zones[parsed.address] {
                let scoped = SocketAddress(parsed.address, port: parsed.port, scope: zone)
                return Int32(sockets.noting(scoped.withPointer { Int(clinux_connect(descriptor, $0, $1)) }))
            }
            return Int32(sockets.noting(Int(clinux_connect(descriptor, address, length))))
        }
        functions.pointee.arecvfrom = { descriptor, bytes, count, flags, address, length, context in
            guard let context else { return -1 }
            let sockets = Unmanaged<DNSSockets>.fromOpaque(context).takeUnretainedValue()
            let result = sockets.noting(clinux_recvfrom(descriptor, bytes, count, flags, address, length))
            if result > 0 { sockets.lastError = nil }
            return result
        }
        functions.pointee.asendv = { descriptor, vectors, count, context in
            guard let context else { return -1 }
            return Unmanaged<DNSSockets>.fromOpaque(context).takeUnretainedValue()
                .noting(writev(descriptor, vectors, count))
        }
        ares_set_socket_functions(channel, functions, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Remembers why a call failed; c-ares does not say. `errno` stays as it is.
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
        // Without its socket a query ends by its timeout.
        try? reactor.watch(descriptor, for: readiness) { [weak self] ready in
            self?.onReady?(
                ready.contains(.reading) ? descriptor : -1, ready.contains(.writing) ? descriptor : -1)
        }
    }
}
