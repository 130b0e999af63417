import LinuxProcess
import PacketEngine
import WireFormat

/// One lookup on its way through the services of nsswitch.conf.
final class Lookup {
    enum Question {
        case addresses(String, IPAddress.Family?)
        case name(IPAddress, zone: UInt32)
    }

    /// How a service ended.
    enum Outcome {
        case found(Resolver.ResolvedName)
        case notFound
        /// The name is there, without an address of a wanted family.
        case noAddress
        case tryAgain(String)
        /// No server replied in time.
        case silent(String)
        case unavailable
        case unreachable(String)

        fileprivate var status: NameServiceSwitch.Status {
            switch self {
            case .found: .success
            case .notFound, .noAddress: .notFound
            case .tryAgain, .silent: .tryAgain
            case .unavailable, .unreachable: .unavailable
            }
        }
    }

    /// How the search has ended, or stands.
    enum Result {
        case found(Resolver.ResolvedName)
        case failed(LookupProblem)
    }

    let question: Question
    let completion: (Result) -> Void
    var services: [NameServiceSwitch.Service] = []
    var timer: Reactor.Timer?
    private(set) var result = Result.failed(.unknownName)

    init(_ question: Question, _ completion: @escaping (Result) -> Void) {
        self.question = question
        self.completion = completion
    }

    /// The name of an address is looked up, not the addresses of a name.
    var isReverse: Bool { if case .name = question { true } else { false } }

    /// The service to ask now; nil when the result stands.
    func nextService() -> NameServiceSwitch.Service? { services.isEmpty ? nil : services.removeFirst() }

    /// Takes in how a service has ended, and whether that ends the search.
    func settle(_ outcome: Outcome, _ service: NameServiceSwitch.Service) {
        switch outcome {
        case .found(let name): result = .found(name)
        // What was learned before is worth more than that a later service knows nothing.
        case .notFound: break
        case .noAddress: fail(question.wantsOneFamily ? .otherFamily : .noAddress)
        case .tryAgain(let reason), .silent(let reason), .unreachable(let reason): fail(.temporary(reason))
        case .unavailable: break
        }
        if service.returns.contains(outcome.status) { services = [] }
    }

    private func fail(_ problem: LookupProblem) {
        // A server that may know the name and did not answer is the reason to name.
        if case .failed(.temporary) = result { return }
        result = .failed(problem)
    }

    // MARK: Names that need no service

    /// The loopback names never leave this host (RFC 6761, section 6.3); what the hosts file says of them counts.
    /// A name of an address that stands in the hosts file waits for no other service.
    func reservedAnswer(_ files: NameServiceFiles) -> Result? {
        switch question {
        case .addresses(let name, let family):
            guard OwnNames.isLoopbackName(name) else { return nil }
            services = []
            if case .found(let found) = question.answer(files) { return .found(found) }
            return .found(
                Resolver.ResolvedName(answers: OwnNames.loopback(family), canonicalName: name))
        case .name:
            guard services.contains(where: { $0.name == "files" }),
                case .found(let found) = question.answer(files)
            else { return nil }
            return .found(found)
        }
    }

    /// Whether the answer stands in a file, so that the lookup takes no place among those that ask servers.
    func needsNoServer(_ files: NameServiceFiles) -> Bool {
        if services.isEmpty { services = files.services }
        if reservedAnswer(files) != nil { return true }
        guard files.services.first?.name == "files", case .found = question.answer(files) else { return false }
        return true
    }

    // MARK: DNS

    /// Asks for every name that the search list makes, until one is there.
    func ask(_ client: DNSClient, _ configuration: ResolverConfiguration, _ completion: @escaping (Outcome) -> Void) {
        switch question {
        case .name(let address, _):
            client.name(of: address) { result in
                completion(Self.outcome([result]) { $0.canonicalName != nil })
            }
        case .addresses(let name, let family):
            var types: [DNSClient.RecordType] = []
            if family != .v6 { types.append(.ipv4) }
            if family != .v4, !configuration.omitsIPv6 || family == .v6 { types.append(.ipv6) }
            ask(client, configuration.candidates(for: name)[...], types, best: .notFound, completion)
        }
    }

    private func ask(
        _ client: DNSClient, _ names: ArraySlice<String>, _ types: [DNSClient.RecordType], best: Outcome,
        _ completion: @escaping (Outcome) -> Void
    ) {
        guard let name = names.first else { return completion(best) }
        var results: [DNSClient.RecordType: Swift.Result<DNSClient.Reply, DNSClient.Failure>] = [:]
        for type in types {
            client.addresses(of: name, type) { [weak self] result in
                results[type] = result
                guard results.count == types.count else { return }
                let outcome = Self.outcome(types.compactMap { results[$0] }) { !$0.answers.isEmpty }
                let rest = names.dropFirst()
                switch outcome {
                // A server that does not reply would not reply for the other names either.
                case .found, .silent, .unreachable: completion(outcome)
                case .notFound: self?.ask(client, rest, types, best: best, completion)
                case .noAddress, .tryAgain, .unavailable:
                    // A name that is there, or a server that failed, is remembered while the others are tried.
                    if case .noAddress = best {
                        self?.ask(client, rest, types, best: best, completion)
                    } else {
                        self?.ask(client, rest, types, best: outcome, completion)
                    }
                }
            }
        }
    }

    /// What the replies to the queries for one name say together.
    private static func outcome(
        _ results: [Swift.Result<DNSClient.Reply, DNSClient.Failure>], isComplete: (Resolver.ResolvedName) -> Bool
    ) -> Outcome {
        var found = Resolver.ResolvedName(answers: [], canonicalName: nil)
        var outcome = Outcome.notFound
        for result in results {
            switch result {
            case .success(let reply):
                found.answers += reply.addresses.map { Resolver.Answer(address: $0) }
                found.canonicalName = found.canonicalName ?? reply.canonicalName
            case .failure(.noName), .failure(.invalidName): break
            case .failure(.noRecord): if case .notFound = outcome { outcome = .noAddress }
            case .failure(.temporary(let reason)): outcome = .tryAgain(reason)
            case .failure(.silent(let reason)): outcome = .silent(reason)
            case .failure(.unreachable(let reason)): outcome = .unreachable(reason)
            }
        }
        return isComplete(found) ? .found(found) : outcome
    }
}

extension Lookup.Question {
    /// Whether addresses of one family alone are wanted.
    var wantsOneFamily: Bool {
        if case .addresses(_, _?) = self { true } else { false }
    }

    /// What getent(1) is asked.
    var systemKey: (SystemLookup.Database, String) {
        switch self {
        case .addresses(let name, nil): (.addresses, name)
        case .addresses(let name, .v4): (.ipv4Addresses, name)
        case .addresses(let name, .v6): (.ipv6Addresses, name)
        case .name(let address, let zone):
            (.names, "\(address)" + (zone == 0 ? "" : Interface.name(of: zone).map { "%\($0)" } ?? ""))
        }
    }

    /// Whether a service that only the system has does not concern this question: multicast DNS is for `.local`
    /// and for link-local addresses (RFC 6762, sections 3 and 4).
    func isOutside(of service: String, _ files: NameServiceFiles) -> Bool {
        guard ["mdns", "mdns4", "mdns6"].contains(where: { service == $0 || service == $0 + "_minimal" }) else {
            return false
        }
        // Without `_minimal` a file may allow more.
        if !service.hasSuffix("_minimal"), files.allowsAnyMulticastName { return false }
        switch self {
        case .addresses(let name, _):
            let name = name.hasSuffix(".") ? name.dropLast() : name[...]
            return !name.lowercased().hasSuffix(".local")
        case .name(.v4(let address), _): return address.rawValue >> 16 != 0xA9FE
        case .name(.v6(let address), _): return !address.isLinkLocal
        }
    }

    /// What the hosts file says.
    func answer(_ files: NameServiceFiles) -> Lookup.Outcome {
        switch self {
        case .addresses(let name, let family):
            let entries = files.entries(named: name.hasSuffix(".") ? String(name.dropLast()) : name)
            let wanted = entries.filter { family == nil || $0.address.family == family }
            guard let first = wanted.first else { return .notFound }
            var answers: [Resolver.Answer] = []
            for entry in wanted {
                let zone = entry.zone.map { Interface.index(of: $0) ?? UInt32($0) ?? 0 } ?? 0
                let answer = Resolver.Answer(address: entry.address, zone: zone)
                if !answers.contains(answer) { answers.append(answer) }
            }
            return .found(Resolver.ResolvedName(answers: answers, canonicalName: first.names.first))
        case .name(let address, _):
            guard let name = files.entry(of: address)?.names.first else { return .notFound }
            return .found(Resolver.ResolvedName(answers: [], canonicalName: name))
        }
    }
}
