import DequeModule
import LinuxProcess
import PacketEngine
import WireFormat

/// The running and waiting queries of HTTPS records.
final class ServiceQueries {
    /// The query of one name.
    final class Query {
        /// The names still to be queried, until one exists.
        var names: ArraySlice<String>
        var timer: Reactor.Timer?
        private var completion: ((Result<ServiceRecords, NameFailure>) -> Void)?

        init(_ names: [String], _ completion: @escaping (Result<ServiceRecords, NameFailure>) -> Void) {
            self.names = names[...]
            self.completion = completion
        }

        var isFinished: Bool { completion == nil }

        /// Passes the result on; later results are ignored.
        func finish(_ result: Result<ServiceRecords, NameFailure>) {
            let completion = self.completion.take()
            completion?(result)
        }
    }

    fileprivate var waiting: Deque<Query> = []
    fileprivate var runningCount = 0
    fileprivate var isStarting = false
    /// The maximum number of concurrent queries; more are queued.
    fileprivate static let mostRunning = 64
}

extension Resolver {
    /// Queries the HTTPS records of a name (RFC 9460) from the DNS servers only: other name services have none.
    ///
    /// `completion` is called once: from the reactor, or before this method returns if no server is queried. A name that
    /// has no such record, or does not exist, has an empty result.
    /// - Parameter name: a host name, with the labels of a port before it (`_8443._https.host`) or without. The search
    ///   domains of resolv.conf apply to a host name without a dot.
    public func lookUpServices(
        of name: String, _ completion: @escaping (Result<ServiceRecords, NameFailure>) -> Void
    ) {
        let labels = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        let isOfPort = labels.count == 3 && labels[0].utf8.first == UInt8(ascii: "_") && labels[1] == "_https"
        let host = isOfPort ? labels[2] : name[...]
        let prefix = name[..<host.startIndex]
        let ascii: String
        switch HostName.ascii(String(host)) {
        case .success(let text): ascii = text
        case .failure(let problem): return completion(.failure(NameFailure(problem.message)))
        }
        // Loopback names are never sent to a server (RFC 6761, section 6.3).
        guard !OwnNames.isLoopbackName(ascii) else { return completion(.success(ServiceRecords(owner: ascii))) }
        var names = [ascii]
        if ascii.hasSuffix(".") {
            names = [String(ascii.dropLast())]
        } else if !ascii.utf8.contains(UInt8(ascii: ".")) {
            names = files.resolver.candidates(for: ascii)
        }
        serviceQueries.waiting.append(ServiceQueries.Query(names.map { prefix + $0 }, completion))
        startServiceQueries()
    }

    /// Starts waiting queries while the limit allows. A query that ends at once frees its slot in the next loop.
    private func startServiceQueries() {
        guard !serviceQueries.isStarting else { return }
        serviceQueries.isStarting = true
        defer { serviceQueries.isStarting = false }
        while serviceQueries.runningCount < ServiceQueries.mostRunning, let query = serviceQueries.waiting.popFirst() {
            serviceQueries.runningCount += 1
            query.timer = reactor.schedule(at: SystemClock.now + Self.timeLimit) { [weak self] in
                self?.finish(query, .failure(NameFailure("no answer within 30 seconds")))
            }
            askNext(query)
        }
    }

    private func askNext(_ query: ServiceQueries.Query) {
        guard let name = query.names.popFirst() else { return }
        dnsClient().services(of: name) { [weak self] result in
            guard let self, !query.isFinished else { return }
            switch result {
            case .success(let reply):
                finish(query, .success(ServiceRecords(owner: reply.canonicalName ?? name, data: reply.services)))
            case .failure(.noName) where !query.names.isEmpty: askNext(query)
            case .failure(.noName), .failure(.noRecord), .failure(.invalidName):
                finish(query, .success(ServiceRecords(owner: name)))
            case .failure(.temporary(let reason)), .failure(.noReply(let reason)), .failure(.unreachable(let reason)):
                finish(query, .failure(NameFailure(reason)))
            }
        }
    }

    private func finish(_ query: ServiceQueries.Query, _ result: Result<ServiceRecords, NameFailure>) {
        guard !query.isFinished else { return }
        reactor.cancel(query.timer)
        serviceQueries.runningCount -= 1
        reactor.reportResult()
        query.finish(result)
        startServiceQueries()
    }
}
