import LinuxProcess
import PacketEngine
import WireFormat

/// A lookup that proceeds through the services of nsswitch.conf.
final class Lookup {
    enum Question {
        case addresses(String, IPAddress.Family?)
        case name(IPAddress, zone: UInt32)
    }

    /// The result of one service.
    enum Outcome {
        case found(Resolver.ResolvedName)
        case notFound
        /// The name exists, but has no address of the requested family.
        case noAddress
        case tryAgain(String)
        /// No server replied in time.
        case noReply(String)
        case unavailable
        case unreachable(String)

        fileprivate var status: NameServiceSwitch.Status {
            switch self {
            case .found: .success
            case .notFound, .noAddress: .notFound
            case .tryAgain, .noReply: .tryAgain
            case .unavailable, .unreachable: .unavailable
            }
        }
    }

    /// The result of the lookup so far.
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

    /// Whether this is a reverse lookup.
    var isReverse: Bool { if case .name = question { true } else { false } }

    /// Returns the next service, or nil if the result is final.
    func nextService() -> NameServiceSwitch.Service? { services.isEmpty ? nil : services.removeFirst() }

    /// Records the result of a service, and whether it ends the lookup.
    func settle(_ outcome: Outcome, _ service: NameServiceSwitch.Service) {
        switch outcome {
        case .found(let name): result = .found(name)
        // A service that does not know the name does not replace an earlier result.
        case .notFound: break
        case .noAddress: fail(question.wantsOneFamily ? .otherFamily : .noAddress)
        case .tryAgain(let reason), .noReply(let reason), .unreachable(let reason): fail(.temporary(reason))
        case .unavailable: break
        }
        if service.returns.contains(outcome.status) { services = [] }
    }

    private func fail(_ problem: LookupProblem) {
        // The failure of a server that might know the name is the one to report.
        if case .failed(.temporary) = result { return }
        result = .failed(problem)
    }

    // MARK: Names without a server

    /// Returns the result for loopback names, which are never sent to a server (RFC 6761, section 6.3); the hosts file
    /// takes precedence. Also returns the name of an address in the hosts file.
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

    /// Whether a file has the answer, so that the lookup does not count toward the limit of server queries.
    func needsNoServer(_ files: NameServiceFiles) -> Bool {
        if services.isEmpty { services = files.services }
        if reservedAnswer(files) != nil { return true }
        guard files.services.first?.name == "files", case .found = question.answer(files) else { return false }
        return true
    }

    // MARK: DNS

    /// Queries every candidate of the search list until one exists.
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
                // Other candidates would be sent to the same unresponsive server.
                case .found, .noReply, .unreachable: completion(outcome)
                case .notFound: self?.ask(client, rest, types, best: best, completion)
                case .noAddress, .tryAgain, .unavailable:
                    // A name without address and a failed server are remembered while other candidates are tried.
                    if case .noAddress = best {
                        self?.ask(client, rest, types, best: best, completion)
                    } else {
                        self?.ask(client, rest, types, best: outcome, completion)
                    }
                }
            }
        }
    }

    /// Combines the replies to the queries for one name.
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
            case .failure(.noReply(let reason)): outcome = .noReply(reason)
            case .failure(.unreachable(let reason)): outcome = .unreachable(reason)
            }
        }
        return isComplete(found) ? .found(found) : outcome
    }
}

extension Lookup.Question {
    /// Whether only one address family is requested.
    var wantsOneFamily: Bool {
        if case .addresses(_, _?) = self { true } else { false }
    }

    /// The database and key for getent(1).
    var systemKey: (SystemLookup.Database, String) {
        switch self {
        case .addresses(let name, nil): (.addresses, name)
        case .addresses(let name, .v4): (.ipv4Addresses, name)
        case .addresses(let name, .v6): (.ipv6Addresses, name)
        case .name(let address, let zone):
            (.names, "\(address)" + (zone == 0 ? "" : Interface.name(of: zone).map { "%\($0)" } ?? ""))
        }
    }

    /// Whether a service outside of this process is not responsible for the question: multicast DNS is for `.local`
    /// and link-local addresses only (RFC 6762, sections 3 and 4).
    func isOutside(of service: String, _ files: NameServiceFiles) -> Bool {
        guard ["mdns", "mdns4", "mdns6"].contains(where: { service == $0 || service == $0 + "_minimal" }) else {
            return false
        }
        // Without `_minimal`, mdns.allow may permit more names.
        if !service.hasSuffix("_minimal"), files.allowsAnyMulticastName { return false }
        switch self {
        case .addresses(let name, _):
            let name = name.hasSuffix(".") ? name.dropLast() : name[...]
            return !name.lowercased().hasSuffix(".local")
        case .name(.v4(let address), _): return address.rawValue >> 16 != 0xA9FE
        case .name(.v6(let address), _): return !address.isLinkLocal
        }
    }

    /// The answer of the hosts file.
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
