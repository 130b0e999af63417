import CLinux
import DequeModule
import Glibc
import LinuxProcess
import PacketEngine
import WireFormat

/// Queries a registry about addresses. The queries run in the reactor.
public final class RegistryQueries {
    /// The registry, and how it is queried.
    public enum Source: Sendable, Equatable {
        /// A server of the whois protocol (RFC 3912): a line is sent, text is returned. The server is a name, which is
        /// resolved at the first query, or an address; the standard TCP port is 43.
        case whois(server: String = "whois.radb.net", port: UInt16 = whoisPort)
        /// TXT records in DNS: the name has the address as in a reverse lookup, and `origin.ZONE` for IPv4 or
        /// `origin6.ZONE` for IPv6. The records are the lines of the text.
        case dns(zone: String = "asn.cymru.com")

        /// The port of whois (RFC 3912).
        public static let whoisPort: UInt16 = 43

        /// Returns the port of a service: a number, or `nicname`, the name of whois in services(5); nil if it is neither.
        /// - Parameter name: nil for whois.
        public static func port(ofService name: String?) -> UInt16? {
            guard let name, name != "nicname" else { return whoisPort }
            return UInt16(name)
        }
    }

    public enum Entry: Sendable, Equatable {
        /// The server has not replied yet.
        case pending
        /// The reply; nil if there was none.
        case known(String?)
    }

    public let source: Source
    private let resolver: Resolver
    /// Nil until the server's name is resolved; empty if it has no address.
    private var servers: [Resolver.Answer]?
    private var entries: [IPAddress: Entry] = [:]
    private var waiting: Deque<IPAddress> = []
    private var openCount = 0
    /// The maximum number of concurrent connections or DNS queries.
    private var mostOpen: Int { if case .whois = source { 8 } else { 32 } }
    private static let mostEntries = 4_096

    public init(_ source: Source, resolver: Resolver) {
        self.source = source
        self.resolver = resolver
    }

    /// Returns what is known about an address; the first call for an address sends the query.
    public func text(of address: IPAddress) -> Entry {
        if let entry = entries[address] { return entry }
        // A link-local address has no origin.
        guard entries.count < Self.mostEntries, !address.needsZone else { return .known(nil) }
        entries[address] = .pending
        waiting.append(address)
        if entries.count == 1 { findServer() } else { askWaiting() }
        return entries[address] ?? .pending
    }

    private func findServer() {
        guard case .whois(let server, _) = source else { return askWaiting() }
        if let address = IPAddress(server) {
            servers = [Resolver.Answer(address: address)]
            return askWaiting()
        }
        resolver.lookUp(server) { [weak self] result in
            self?.servers = (try? result.get())?.answers ?? []
            self?.askWaiting()
        }
    }

    private func askWaiting() {
        while openCount < mostOpen, let address = waiting.first {
            switch source {
            case .whois(_, let port):
                guard let servers else { return }
                let question = RegistryConnection("\(address)\r\n", servers, port, resolver.reactor) { [weak self] in
                    self?.finish(address, $0)
                }
                begin(address)
                question.connect()
            case .dns(let zone):
                let origin = address.family == .v4 ? "origin" : "origin6"
                begin(address)
                resolver.lookUpTexts(of: "\(address.reversedLabels).\(origin).\(zone)") { [weak self] texts in
                    self?.finish(address, texts.isEmpty ? nil : texts.joined(separator: "\n"))
                }
            }
        }
    }

    private func begin(_ address: IPAddress) {
        waiting.removeFirst()
        openCount += 1
    }

    private func finish(_ address: IPAddress, _ text: String?) {
        entries[address] = .known(text)
        openCount -= 1
        resolver.reactor.reportResult()
        askWaiting()
    }
}

/// A query to a whois server. The reactor's handlers keep it alive until it ends.
private final class RegistryConnection {
    private let reactor: Reactor
    private let question: [UInt8]
    private let port: UInt16
    private var servers: ArraySlice<Resolver.Answer>
    private let completion: (String?) -> Void
    private var socket: Socket?
    private var timer: Reactor.Timer?
    private var sentCount = 0
    private var text: [UInt8] = []
    private static let mostBytes = 1 << 16
    /// The time limit for the complete reply of one server.
    private static let timeLimit = Nanoseconds.seconds(3)

    private final class Socket {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    init(
        _ question: String, _ servers: [Resolver.Answer], _ port: UInt16, _ reactor: Reactor,
        _ completion: @escaping (String?) -> Void
    ) {
        self.question = Array(question.utf8)
        self.servers = servers[...]
        self.port = port
        self.reactor = reactor
        self.completion = completion
    }

    /// Connects to the next server, or ends without a reply.
    func connect() {
        close()
        guard let server = servers.popFirst() else { return completion(nil) }
        sentCount = 0
        text = []
        do throws(SystemError) {
            let descriptor = try Descriptor.socket(
                server.address.family == .v4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
            let socket = Socket(descriptor)
            do throws(SystemError) {
                try socket.descriptor.connect(SocketAddress(server.address, port: port, scope: server.zone))
            } catch {
                guard error.code == EINPROGRESS else { throw error }
            }
            self.socket = socket
            timer = reactor.schedule(at: SystemClock.now + Self.timeLimit) { self.connect() }
            try reactor.watch(socket.descriptor.rawValue, for: .writing) { _ in self.write() }
        } catch {
            connect()
        }
    }

    private func close() {
        reactor.cancel(timer)
        timer = nil
        if let socket { reactor.unwatch(socket.descriptor.rawValue) }
        socket = nil
    }

    private func write() {
        guard let socket else { return }
        let rest = Array(question[sentCount...])
        let count = send(socket.descriptor.rawValue, rest, rest.count, Int32(MSG_NOSIGNAL))
        guard count >= 0 else { return clinux_errno() == EAGAIN ? () : connect() }
        sentCount += count
        guard sentCount == question.count else { return }
        guard (try? reactor.watch(socket.descriptor.rawValue, for: .reading, { _ in self.read() })) != nil else {
            return connect()
        }
    }

    private func read() {
        guard let socket else { return }
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while text.count < Self.mostBytes {
            let count = recv(socket.descriptor.rawValue, &chunk, chunk.count, 0)
            if count < 0, clinux_errno() == EAGAIN { return }
            guard count >= 0 else { return connect() }
            if count == 0 { break }
            text += chunk[..<count]
        }
        close()
        completion(String(decoding: text, as: UTF8.self))
    }
}
