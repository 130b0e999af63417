import LinuxProcess
import PacketEngine
import WireFormat

/// Sends queries to the servers of resolv.conf. Each query uses a channel of its own, and thereby its own source port
/// (RFC 5452, section 9.2); an error of one server or connection affects no other query.
final class DNSClient {
    enum RecordType {
        case ipv4, ipv6

        fileprivate var number: UInt16 {
            self == .ipv4 ? DNSMessage.RecordType.ipv4 : DNSMessage.RecordType.ipv6
        }
    }

    /// The contents of a reply.
    struct Reply {
        var addresses: [IPAddress] = []
        /// The name that owns the records, after following aliases.
        var canonicalName: String?
        /// The text of each TXT record.
        var texts: [String] = []
        /// The data of each HTTPS record.
        var services: [[UInt8]] = []
    }

    enum Failure: Error, Equatable {
        /// The name does not exist.
        case noName
        /// The name has no record of the type.
        case noRecord
        /// No server replied correctly; the reason as text.
        case temporary(String)
        /// No server replied in time; the reason as text.
        case noReply(String)
        /// No server is reachable.
        case unreachable(String)
        /// The name cannot be encoded in a query.
        case invalidName
    }

    typealias Completion = (Result<Reply, Failure>) -> Void

    private let configuration: ResolverConfiguration
    private let reactor: Reactor
    /// The stack that sends the queries; nil for the kernel.
    private let queue: DNSQueryQueue?
    private var active: [DNSChannel] = []
    /// The idle channels.
    private var idle: [DNSChannel] = []
    /// With `rotate`, the index of the first server of the next query.
    private var turn = 0
    private static let mostIdle = 16

    init(_ configuration: ResolverConfiguration, reactor: Reactor, queue: DNSQueryQueue? = nil) {
        self.configuration = configuration
        self.reactor = reactor
        self.queue = queue
    }

    /// Queries the addresses of a fully qualified name.
    func addresses(of name: String, _ type: RecordType, _ completion: @escaping Completion) {
        guard let wanted = DNSName(name) else { return completion(.failure(.invalidName)) }
        ask(name, type.number, completion) { message throws(Failure) in
            guard let (owner, data) = message.resolved(wanted, type: type.number) else {
                throw .temporary("alias loop in replies from \(self.serverNames)")
            }
            let addresses = data.compactMap { data -> IPAddress? in
                switch data {
                case .ipv4(let address): .v4(address)
                case .ipv6(let address): .v6(address)
                default: nil
                }
            }
            guard !addresses.isEmpty else { throw .noRecord }
            return Reply(addresses: addresses, canonicalName: "\(owner)")
        }
    }

    /// Queries the name of an address.
    func name(of address: IPAddress, _ completion: @escaping Completion) {
        let pointer = address.reverseName
        guard let wanted = DNSName(pointer) else { return completion(.failure(.invalidName)) }
        ask(pointer, DNSMessage.RecordType.pointer, completion) { message throws(Failure) in
            guard case .name(let name)? = message.resolved(wanted, type: DNSMessage.RecordType.pointer)?.data.first,
                !name.labels.isEmpty
            else { throw .noRecord }
            return Reply(canonicalName: "\(name)")
        }
    }

    /// Queries the TXT records of a fully qualified name.
    func texts(of name: String, _ completion: @escaping Completion) {
        guard let wanted = DNSName(name) else { return completion(.failure(.invalidName)) }
        ask(name, DNSMessage.RecordType.text, completion) { message throws(Failure) in
            let records = message.resolved(wanted, type: DNSMessage.RecordType.text)?.data ?? []
            let texts = records.compactMap(\.characterStrings).map { String(decoding: $0.joined(), as: UTF8.self) }
            guard !texts.isEmpty else { throw .noRecord }
            return Reply(texts: texts)
        }
    }

    /// Queries the HTTPS records of a fully qualified name.
    func services(of name: String, _ completion: @escaping Completion) {
        guard let wanted = DNSName(name) else { return completion(.failure(.invalidName)) }
        ask(name, DNSMessage.RecordType.https, completion) { message throws(Failure) in
            guard let (owner, data) = message.resolved(wanted, type: DNSMessage.RecordType.https) else {
                throw .temporary("alias loop in replies from \(self.serverNames)")
            }
            let services = data.compactMap { if case .other(let bytes) = $0 { bytes } else { nil } }
            guard !services.isEmpty else { throw .noRecord }
            return Reply(canonicalName: "\(owner)", services: services)
        }
    }

    /// Cancels all queries; their completions are not called.
    func cancel() {
        for channel in active { channel.cancel() }
        active = []
        queue?.removeAll()
    }

    private var serverNames: String { configuration.servers.map { "\($0.address)" }.joined(separator: ", ") }

    private func ask(
        _ name: String, _ type: UInt16, _ completion: @escaping Completion,
        _ read: @escaping (DNSMessage) throws(Failure) -> Reply
    ) {
        var servers = configuration.servers
        if configuration.rotates {
            servers = Array(servers[(turn % servers.count)...] + servers[..<(turn % servers.count)])
            turn += 1
        }
        func finish(_ outcome: DNSChannel.Outcome) {
            let result: Result<Reply, Failure>
            do throws(Failure) {
                switch outcome {
                case .message(let message): result = .success(try read(message))
                case .failure(let failure): throw failure
                }
            } catch {
                result = .failure(error)
            }
            completion(result)
        }
        guard let queue, let question = DNSName(name).map({ DNSMessage.Question($0, type: type) }) else {
            return ask(servers, name, type, finish)
        }
        var query = DNSQuery(question, servers: Self.reachable(servers))
        query.timeout = .seconds(Int64(configuration.timeout))
        query.attempts = configuration.attempts
        query.usesTCP = configuration.usesTCP
        queue.append(query) { [self] result in
            // The kernel reaches the others.
            if result == .failure(.noRoute) { ask(servers, name, type, finish) } else { finish(.init(result, query)) }
        }
    }

    /// Returns the servers that another stack can reach: those that are neither on this system nor link-local.
    private static func reachable(_ servers: [ResolverConfiguration.Server]) -> [IPAddress] {
        let own = (try? Interface.all())?.flatMap(\.addresses).map(\.address) ?? []
        return servers.map(\.address).filter { !$0.isLoopback && !$0.needsZone && !own.contains($0) }
    }

    /// Sends a query with the kernel's sockets.
    private func ask(
        _ servers: [ResolverConfiguration.Server], _ name: String, _ type: UInt16,
        _ finish: @escaping (DNSChannel.Outcome) -> Void
    ) {
        let channel: DNSChannel
        do throws(SystemError) {
            if let last = idle.popLast() {
                channel = last
            } else {
                channel = try DNSChannel(configuration, reactor: reactor)
            }
            try channel.use(servers)
        } catch {
            return finish(.failure(.unreachable("\(error)")))
        }
        active.append(channel)
        channel.ask(name, type: type) { [self, unowned channel] outcome in
            let channel = channel
            active.removeAll { $0 === channel }
            // The channel is inside its callback and can be reused only from the next event on.
            if idle.count < Self.mostIdle {
                idle.insert(channel, at: 0)
            } else {
                _ = reactor.schedule(at: SystemClock.now) { [channel] in withExtendedLifetime(channel) {} }
            }
            finish(outcome)
        }
    }
}

extension DNSChannel.Outcome {
    /// Converts the result of another stack.
    fileprivate init(_ result: Result<DNSMessage, DNSQueryFailure>, _ query: DNSQuery) {
        let servers = query.servers.map { "\($0)" }.joined(separator: ", ")
        switch result {
        case .success(let message) where message.responseCode == 3: self = .failure(.noName)
        case .success(let message): self = .message(message)
        case .failure(.noRoute): self = .failure(.unreachable("no route to \(servers)"))
        case .failure(.noReply): self = .failure(.noReply("no reply from \(servers)"))
        case .failure(.refused(let server)): self = .failure(.unreachable("\(server): Connection refused"))
        case .failure(.malformed(let server)): self = .failure(.temporary("malformed reply from \(server)"))
        case .failure(.truncated(let server)):
            self = .failure(.temporary("truncated reply from \(server), and none by TCP"))
        case .failure(.response(let code, let server)): self = .failure(.temporary(Self.reason(code, server)))
        }
    }

    private static func reason(_ code: UInt8, _ server: IPAddress) -> String {
        switch code {
        case 1: "query rejected as malformed by \(server)"
        case 2: "server failure at \(server)"
        case 4: "query not supported by \(server)"
        case 5: "query refused by \(server)"
        default: "response code \(code) from \(server)"
        }
    }
}
