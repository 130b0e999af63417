import CLinux
import DequeModule
import LinuxProcess
import PacketEngine
import WireFormat

/// Names to addresses and back, in the order that nsswitch.conf(5) gives, without loading a module of the system's
/// name service into this process.
///
/// Files are read here, DNS is asked by c-ares, and what only another service knows is asked of the system's own
/// getent(1). Nothing blocks: lookups go on in the reactor, beside the packets. It belongs to one thread.
public final class Resolver {
    /// An address of a name, with the zone that a link-local one needs (an interface index).
    public struct Answer: Sendable, Equatable, Hashable {
        public var address: IPAddress
        public var zone: UInt32

        public init(address: IPAddress, zone: UInt32 = 0) {
            self.address = address
            self.zone = zone
        }
    }

    /// What a name stands for.
    public struct ResolvedName: Sendable, Equatable {
        /// The addresses in the order to try them (RFC 6724), at least one.
        public var answers: [Answer]
        /// The name that an alias stands for; the name itself where it is none. Nil where it is not known.
        public var canonicalName: String?
    }

    /// The result of a lookup. (A `Result` of these types would cost every start the making of its metadata.)
    public enum Resolution: Sendable, Equatable {
        case found(ResolvedName)
        case failed(Failure)

        /// What was found.
        public func get() throws(Failure) -> ResolvedName {
            switch self {
            case .found(let name): return name
            case .failed(let failure): throw failure
            }
        }
    }

    /// Why there is no address.
    public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
        public var name: String
        /// The reason, in getaddrinfo(3)'s words.
        public var message: String
        public var description: String { "\(name): \(message)" }

        public init(name: String, message: String) {
            self.name = name
            self.message = message
        }
    }

    public let reactor: Reactor
    private let files: NameServiceFiles
    private lazy var system = SystemLookup(reactor: reactor)
    private var dns: (configuration: ResolverConfiguration, client: DNSClient)?
    /// Lookups that wait for a place: of names, and of addresses.
    private var waiting: Deque<Lookup> = []
    private var waitingReverse: Deque<Lookup> = []
    private var isStarting = false
    private var running: [Lookup] = []
    private var hasReportedMissingService = false
    /// Called with what the user may want to know about how names are looked up, once each.
    public var onNotice: ((String) -> Void)?
    /// Called with a status line when SIGQUIT asks for one while a command waits for names.
    public var onStatus: ((String) -> Void)?

    /// Lookups of names under way at a time; more wait their turn.
    static let mostLookups = 64
    /// The same of addresses: as many as a trace can have hops, for all of them are asked for at once.
    static let mostReverseLookups = 256
    /// A lookup that takes longer than this has failed.
    static let timeLimit = Nanoseconds.seconds(30)

    /// - Parameter folder: where the system's files are.
    public init(reactor: Reactor, folder: String = "/etc") {
        self.reactor = reactor
        files = NameServiceFiles(folder: folder)
    }

    deinit { dns?.client.cancel() }

    // MARK: Lookups

    /// Looks up the addresses of a name.
    ///
    /// `completion` is called once: from the reactor, or before this returns when no server has to be asked.
    /// - Parameter family: the only family that is wanted; nil for both.
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

    /// Looks up the name of an address; nil when it has none.
    ///
    /// `completion` is called once: from the reactor, or before this returns when no server has to be asked.
    public func lookUpName(of address: IPAddress, zone: UInt32 = 0, _ completion: @escaping (String?) -> Void) {
        begin(
            Lookup(.name(address, zone: zone)) { [reactor] result in
                reactor.reportResult()
                if case .found(let found) = result { completion(found.canonicalName) } else { completion(nil) }
            })
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

    /// Gives free places to those that wait; one that ends at once leaves its place to the next turn of the loop.
    private func startWaiting() {
        guard !isStarting else { return }
        isStarting = true
        defer { isStarting = false }
        while hasRoom(isReverse: false), let next = waiting.popFirst() { start(next) }
        while hasRoom(isReverse: true), let next = waitingReverse.popFirst() { start(next) }
    }

    // MARK: Services

    /// Asks one service after the other until one has the answer, or ends the search.
    private func proceed(_ lookup: Lookup) {
        if let own = lookup.reservedAnswer(files) { return finish(lookup, own) }
        while let service = lookup.nextService() {
            switch service.name {
            // For an address the hosts file was read already.
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

    /// The order of RFC 6724 is for forward lookups; getent has brought its own answers into order already.
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
                // The child has asked every service; its order is the system's.
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

    /// A client for resolv.conf as it is now; queries of one before it keep that one.
    private func dnsClient() -> DNSClient {
        if let dns, dns.configuration == files.resolver { return dns.client }
        let client = DNSClient(files.resolver, reactor: reactor)
        dns = (files.resolver, client)
        return client
    }
}

/// Why a lookup has failed, in getaddrinfo(3)'s terms.
enum LookupProblem: Error, Equatable {
    case unknownName
    case noAddress
    /// The name has addresses, or may have, of the family that is not wanted.
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
