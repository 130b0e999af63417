import CLinux
import DequeModule
import LinuxProcess
import PacketEngine
import WireFormat

/// Resolves names to addresses and back, in the order of nsswitch.conf(5), without loading a module of the system's
/// name service into this process.
///
/// Files are read here, DNS is queried by c-ares, and other services are queried by the system's getent(1). Nothing
/// blocks: lookups run in the reactor. The resolver must be used from one thread.
public final class Resolver {
    /// An address of a name, with the zone of a link-local one (an interface index).
    public struct Answer: Sendable, Equatable, Hashable {
        public var address: IPAddress
        public var zone: UInt32

        public init(address: IPAddress, zone: UInt32 = 0) {
            self.address = address
            self.zone = zone
        }
    }

    /// The result of resolving a name.
    public struct ResolvedName: Sendable, Equatable {
        /// The addresses in the order in which to try them (RFC 6724); at least one.
        public var answers: [Answer]
        /// The canonical name: the target of an alias, or the name itself. Nil if it is not known.
        public var canonicalName: String?
    }

    /// The result of a lookup. (A generic `Result` of these types would slow down every start by its metadata.)
    public enum Resolution: Sendable, Equatable {
        case found(ResolvedName)
        case failed(Failure)

        /// Returns the resolved name or throws the failure.
        public func get() throws(Failure) -> ResolvedName {
            switch self {
            case .found(let name): return name
            case .failed(let failure): throw failure
            }
        }
    }

    /// The reason for which a name has no address.
    public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        public var name: String
        /// The reason, as the message of getaddrinfo(3).
        public var message: String
        public var description: String { "\(name): \(message)" }

        public init(name: String, message: String) {
            self.name = name
            self.message = message
        }
    }

    public let reactor: Reactor
    let files: NameServiceFiles
    private lazy var system = SystemLookup(reactor: reactor)
    /// The queries to name servers, if another stack than the kernel's is to send them; set before the first lookup.
    public var queries: DNSQueryQueue?
    private var dns: (configuration: ResolverConfiguration, client: DNSClient)?
    /// The lookups that wait because of the limits below: of names, and of addresses.
    private var waiting: Deque<Lookup> = []
    private var waitingReverse: Deque<Lookup> = []
    private var isStarting = false
    private var running: [Lookup] = []
    /// The queries of HTTPS records.
    let serviceQueries = ServiceQueries()
    private var hasReportedMissingService = false
    /// Is called with notes about name resolution for the user, each once.
    public var onNotice: ((String) -> Void)?
    /// Is called with a status line if SIGQUIT arrives while a command waits for names.
    public var onStatus: ((String) -> Void)?

    /// The maximum number of concurrent lookups of names; more are queued.
    static let mostLookups = 64
    /// The maximum number of concurrent reverse lookups: the maximum number of hops of a trace, which are looked up
    /// together.
    static let mostReverseLookups = 256
    /// The time after which a lookup fails.
    static let timeLimit = Nanoseconds.seconds(30)

    /// - Parameter folder: the folder of the system's configuration files.
    public init(reactor: Reactor, folder: String = "/etc") {
        self.reactor = reactor
        files = NameServiceFiles(folder: folder)
    }

    deinit { dns?.client.cancel() }

    // MARK: Lookups

    /// Resolves a name.
    ///
    /// `completion` is called once: from the reactor, or before this method returns if no server is queried.
    /// - Parameter family: the requested address family; nil for both.
    public func lookUp(
        _ name: String, family: IPAddress.Family? = nil,
        _ completion: @escaping (Resolution) -> Void
    ) {
        let ascii: String
        switch HostName.ascii(name) {
        case .success(let text): ascii = text
        case .failure(let problem):
            return completion(.failed(Failure(name: name, message: problem.message)))
        }
        begin(
            Lookup(.addresses(ascii, family)) { [reactor] result in
                reactor.reportResult()
                switch result {
                case .found(let found): completion(.found(found))
                case .failed(let problem): completion(.failed(Failure(name: name, message: problem.message)))
                }
            })
    }

    /// Looks up the name of an address; nil if it has none.
    ///
    /// `completion` is called once: from the reactor, or before this method returns if no server is queried.
    public func lookUpName(of address: IPAddress, zone: UInt32 = 0, _ completion: @escaping (String?) -> Void) {
        begin(
            Lookup(.name(address, zone: zone)) { [reactor] result in
                reactor.reportResult()
                if case .found(let found) = result { completion(found.canonicalName) } else { completion(nil) }
            })
    }

    /// Queries the TXT records of a fully qualified name from the DNS servers only; none if it has none or no server
    /// replies.
    ///
    /// `completion` is called once: from the reactor, or before this method returns if no server is queried.
    func lookUpTexts(of name: String, _ completion: @escaping ([String]) -> Void) {
        dnsClient().texts(of: name) { [reactor] result in
            reactor.reportResult()
            completion((try? result.get())?.texts ?? [])
        }
    }

    private func begin(_ lookup: Lookup) {
        if hasRoom(isReverse: lookup.isReverse) || lookup.needsNoServer(files) { return start(lookup) }
        if lookup.isReverse { waitingReverse.append(lookup) } else { waiting.append(lookup) }
    }

    private func hasRoom(isReverse: Bool) -> Bool {
        running.count { $0.isReverse == isReverse } < (isReverse ? Self.mostReverseLookups : Self.mostLookups)
    }

    private func start(_ lookup: Lookup) {
        running.append(lookup)
        lookup.services = files.services
        proceed(lookup)
        guard isRunning(lookup) else { return }
        lookup.timer = reactor.schedule(at: SystemClock.now + Self.timeLimit) { [weak self, weak lookup] in
            if let lookup { self?.finish(lookup, .failed(.temporary("no answer within 30 seconds"))) }
        }
    }

    private func isRunning(_ lookup: Lookup) -> Bool { running.contains { $0 === lookup } }

    private func finish(_ lookup: Lookup, _ result: Lookup.Result) {
        guard let index = running.firstIndex(where: { $0 === lookup }) else { return }
        running.remove(at: index)
        reactor.cancel(lookup.timer)
        lookup.completion(result)
        startWaiting()
    }

    /// Starts waiting lookups while the limits allow. A lookup that ends at once frees its slot in the next loop.
    private func startWaiting() {
        guard !isStarting else { return }
        isStarting = true
        defer { isStarting = false }
        while hasRoom(isReverse: false), let next = waiting.popFirst() { start(next) }
        while hasRoom(isReverse: true), let next = waitingReverse.popFirst() { start(next) }
    }

    // MARK: Services

    /// Queries the services in order until one has the answer or ends the lookup.
    private func proceed(_ lookup: Lookup) {
        if let own = lookup.reservedAnswer(files) { return finish(lookup, own) }
        while let service = lookup.nextService() {
            switch service.name {
            // For an address, the hosts file was read before.
            case "files": if case .addresses = lookup.question { lookup.settle(lookup.question.answer(files), service) }
            case "myhostname": lookup.settle(OwnNames.answer(lookup.question), service)
            case "dns": return askDNS(lookup, service)
            case let name where lookup.question.isOutside(of: name, files): lookup.settle(.unavailable, service)
            default: return askSystem(lookup, service)
            }
        }
        if case .found(let found) = lookup.result { return finish(lookup, .found(sorted(found, lookup.question))) }
        finish(lookup, lookup.result)
    }

    /// Applies RFC 6724 to forward lookups; the answers of getent are sorted already.
    private func sorted(_ found: ResolvedName, _ question: Lookup.Question) -> ResolvedName {
        guard case .addresses = question, found.answers.count > 1 else { return found }
        return ResolvedName(answers: files.selection.sorted(found.answers), canonicalName: found.canonicalName)
    }

    private func askSystem(_ lookup: Lookup, _ service: NameServiceSwitch.Service) {
        let (database, key) = lookup.question.systemKey
        system.ask(database, key) { [weak self] answer in
            guard let self, isRunning(lookup) else { return }
            switch answer {
            case .found(let answers, let name):
                // getent has queried every service; its order is kept.
                finish(lookup, .found(ResolvedName(answers: answers, canonicalName: name)))
            case .notFound: finish(lookup, .failed(.unknownName))
            case .timedOut: finish(lookup, .failed(.temporary("getent did not answer in time")))
            case .unavailable:
                if !hasReportedMissingService {
                    hasReportedMissingService = true
                    onNotice?("\(service.name): this name service needs getent, which is missing; using files and DNS")
                }
                lookup.settle(.unavailable, service)
                proceed(lookup)
            }
        }
    }

    private func askDNS(_ lookup: Lookup, _ service: NameServiceSwitch.Service) {
        lookup.ask(dnsClient(), files.resolver) { [weak self] outcome in
            guard let self, isRunning(lookup) else { return }
            lookup.settle(outcome, service)
            proceed(lookup)
        }
    }

    /// Returns a client with the current resolv.conf; running queries keep their earlier client.
    func dnsClient() -> DNSClient {
        if let dns, dns.configuration == files.resolver { return dns.client }
        let client = DNSClient(files.resolver, reactor: reactor, queue: queries)
        dns = (files.resolver, client)
        return client
    }
}

/// The reason for which a lookup failed, in the terms of getaddrinfo(3).
enum LookupProblem: Error, Equatable {
    case unknownName
    case noAddress
    /// The name has, or may have, addresses of the family that was not requested.
    case otherFamily
    case temporary(String)
    case invalidName(String)

    var message: String {
        switch self {
        case .unknownName: "Name or service not known"
        case .otherFamily: SystemError.addressFamilyNotFound
        case .noAddress: "No address associated with hostname"
        case .temporary(let reason): "Temporary failure in name resolution (\(reason))"
        case .invalidName(let reason): reason
        }
    }
}
