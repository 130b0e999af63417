import CLinux
import DequeModule
import LinuxProcess
import PacketEngine
import WireFormat

/// The port of stream engines for the kernel's TCP and Unix sockets (epoll(7)).
public struct KernelStreams: StreamPort, ~Copyable {
    public typealias Failure = SystemError

    private let poller: Descriptor
    private let resolver: Resolver
    private let family: IPAddress.Family?
    private let found = FoundNames()
    private let interface: String?
    /// Is called for every TCP connection before its first reply can be read, with the remote endpoint and the local
    /// port.
    public var beginning: ((StreamEndpoint, UInt16) -> Void)?
    private var streams: [StreamIdentifier: KernelStream] = [:]
    /// Connections that wait for a descriptor, because others have all of them.
    private var waiting: Deque<(identifier: StreamIdentifier, endpoint: StreamEndpoint)> = []
    /// The maximum number of open streams.
    private var capacity: Int
    /// Descriptors for files, names and pipes.
    private static let reserved = 10
    /// The names being resolved, with the times of the requests.
    private var asked: [String: Instant] = [:]
    /// Whether a connection was opened.
    public private(set) var hasOpened = false
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)
    private var events = [epoll_event](repeating: epoll_event(), count: 64)
    /// The maximum number of reads of one stream per turn.
    private static let mostReads = 4
    private static let reactorNumber = UInt64.max

    /// Resolved names that were not reported yet.
    private final class FoundNames {
        var results: [(name: String, answer: Resolver.Resolution)] = []
        var services: [(name: String, answer: Result<ServiceRecords, NameFailure>)] = []
    }

    /// - Parameters:
    ///   - family: the family of the addresses to connect to; nil for both.
    ///   - interface: the only interface for connections.
    public init(
        family: IPAddress.Family? = nil, interface: String? = nil, resolver: Resolver
    ) throws(SystemError) {
        let opened = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard opened >= 0 else { throw .last("epoll_create1") }
        let poller = Descriptor(owning: opened)
        try poller.watch(resolver.reactor.descriptor.rawValue, as: Self.reactorNumber)
        self.poller = poller
        self.resolver = resolver
        self.family = family
        self.interface = interface
        capacity = Self.mostStreams()
    }

    /// Returns the number of streams that the process can have open, after raising its limit of descriptors.
    public static func mostStreams() -> Int { max(CurrentProcess.raiseDescriptorLimit() - reserved, 1) }

    public var now: Instant { SystemClock.now }

    public mutating func perform<E: StreamEngine & ~Copyable>(
        _ requests: [StreamRequest], reportingTo engine: inout E
    ) throws(SystemError) -> Bool {
        var wasTold = false
        for request in requests {
            switch request {
            case .resolve(let name):
                if asked[name] == nil {
                    asked[name] = now
                    resolver.lookUp(name, family: family) { [found] in found.results.append((name, $0)) }
                }
            case .queryServices(let name):
                resolver.lookUpServices(of: name) { [found] in found.services.append((name, $0)) }
            case .open(let identifier, let endpoint): waiting.append((identifier, endpoint))
            case .send(let identifier, let bytes):
                guard let stream = streams[identifier] else { continue }
                stream.send(bytes)
                try stream.watch(with: poller)
            case .endSending(let identifier):
                guard let stream = streams[identifier] else { continue }
                stream.endSending()
                try stream.watch(with: poller)
            case .close(let identifier):
                if streams.removeValue(forKey: identifier) == nil { waiting.removeAll { $0.identifier == identifier } }
            }
        }
        while streams.count < capacity, let next = waiting.popFirst() {
            if try open(next.identifier, next.endpoint, reportingTo: &engine) { wasTold = true }
        }
        return reportNames(to: &engine) || wasTold
    }

    /// Begins a connection; without a free descriptor it waits until another stream is closed.
    /// - Returns: whether anything was reported to the engine.
    private mutating func open<E: StreamEngine & ~Copyable>(
        _ identifier: StreamIdentifier, _ endpoint: StreamEndpoint, reportingTo engine: inout E
    ) throws(SystemError) -> Bool {
        let stream: KernelStream
        do throws(SystemError) {
            // A redirection may name an address of the other family.
            if let family, case .tcp(let address, _, _) = endpoint, address.family != family {
                throw SystemError(code: EAFNOSUPPORT, operation: "\(address)")
            }
            stream = try KernelStream(identifier, to: endpoint, interface: interface)
        } catch {
            if error.code == EMFILE || error.code == ENFILE, !streams.isEmpty {
                capacity = streams.count
                waiting.prepend((identifier, endpoint))
                return false
            }
            engine.failed(identifier, StreamFailure(error.code), at: now)
            return true
        }
        streams[identifier] = stream
        hasOpened = true
        if let beginning, let local = stream.opening.local { beginning(endpoint, local.port) }
        if stream.isConnected { engine.opened(identifier, stream.opening, at: now) }
        try stream.watch(with: poller)
        return stream.isConnected
    }

    /// Reports the resolved names.
    private mutating func reportNames<E: StreamEngine & ~Copyable>(to engine: inout E) -> Bool {
        let (results, services) = (found.results, found.services)
        found.results = []
        found.services = []
        for (name, answer) in results {
            engine.resolved(name, answer.addresses, asked: asked.removeValue(forKey: name) ?? now, at: now)
        }
        for (name, answer) in services { engine.queried(name, answer, at: now) }
        return !results.isEmpty || !services.isEmpty
    }

    /// The signal that ended the run before any connection was opened; nil otherwise.
    public var interruption: Interruption? { hasOpened ? nil : resolver.reactor.interruption }

    public mutating func wait<E: StreamEngine & ~Copyable>(
        until deadline: Instant?, reportingTo engine: inout E
    ) throws(SystemError) -> WakeReason {
        var timeout = timespec()
        if let deadline {
            let left = max((deadline - now).count, 0)
            timeout = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
        }
        let count =
            deadline == nil
            ? epoll_wait(poller.rawValue, &events, Int32(events.count), -1)
            : epoll_pwait2(poller.rawValue, &events, Int32(events.count), &timeout, nil)
        if count < 0, clinux_errno() != EINTR { throw .last("epoll_wait") }
        var wakeReason: WakeReason = []
        for index in 0..<Int(max(count, 0)) {
            let event = events[index]
            switch event.data.u64 {
            case Self.reactorNumber:
                wakeReason.formUnion(resolver.reactor.dispatch())
                if wakeReason.contains(.stop), !hasOpened { wakeReason.insert(.interrupted) }
            case let number:
                wakeReason.insert(.packets)
                try handle(event.events, of: StreamIdentifier(number), reportingTo: &engine)
            }
        }
        if wakeReason.contains(.results) { _ = reportNames(to: &engine) }
        return wakeReason
    }

    private mutating func handle<E: StreamEngine & ~Copyable>(
        _ events: UInt32, of identifier: StreamIdentifier, reportingTo engine: inout E
    ) throws(SystemError) {
        guard let stream = streams[identifier] else { return }
        if !stream.isConnected {
            if let code = stream.finishConnecting() {
                streams[identifier] = nil
                engine.failed(identifier, StreamFailure(code), at: now)
                return
            }
            engine.opened(identifier, stream.opening, at: now)
        }
        stream.flush()
        if events & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0, !stream.hasEnded {
            read(stream, reportingTo: &engine)
        }
        if streams[identifier] != nil { try stream.watch(with: poller) }
    }

    private mutating func read<E: StreamEngine & ~Copyable>(_ stream: KernelStream, reportingTo engine: inout E) {
        for _ in 0..<Self.mostReads {
            let count = buffer.withUnsafeMutableBytes { bytes in
                recv(stream.descriptor.rawValue, bytes.baseAddress, bytes.count, 0)
            }
            if count > 0 {
                engine.received(buffer.span.bytes.extracting(first: count), on: stream.identifier, at: now)
                if count < buffer.count { return }
                continue
            }
            if count == 0 {
                stream.hasEnded = true
                engine.ended(stream.identifier, at: now)
                return
            }
            let code = clinux_errno()
            if code == EINTR { continue }
            if code == EAGAIN { return }
            streams[stream.identifier] = nil
            engine.failed(stream.identifier, StreamFailure(code), at: now)
            return
        }
    }
}

extension Resolver.Resolution {
    /// The result in the form of stream engines.
    public var addresses: Result<[ResolvedAddress], NameFailure> {
        switch self {
        case .found(let found): .success(found.answers.map { ResolvedAddress($0.address, zone: $0.zone) })
        case .failed(let failure): .failure(NameFailure(failure.message))
        }
    }
}

extension StreamFailure {
    /// Converts an error number.
    fileprivate init(_ code: Int32) {
        switch code {
        case ECONNREFUSED: self = .refused
        case ECONNRESET, EPIPE: self = .reset
        case ETIMEDOUT: self = .timedOut
        case EHOSTUNREACH: self = .unreachable
        default: self = .other(SystemError.message(code))
        }
    }
}

extension Descriptor {
    /// Watches a descriptor for input, identified by a number.
    fileprivate func watch(_ descriptor: Int32, as number: UInt64) throws(SystemError) {
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: number))
        guard epoll_ctl(rawValue, EPOLL_CTL_ADD, descriptor, &event) == 0 else { throw .last("epoll_ctl") }
    }
}
