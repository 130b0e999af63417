import PacketEngine
import WireFormat

/// The queries of a resolver to name servers, for a network stack that sends them in place of the kernel.
public final class DNSQueryQueue {
    typealias Outcome = Result<DNSMessage, DNSQueryFailure>

    private var waiting: [(number: UInt64, query: DNSQuery)] = []
    private var completions: [UInt64: (Outcome) -> Void] = [:]
    private var last: UInt64 = 0

    public init() {}

    /// Adds a query. `completion` is called once.
    func append(_ query: DNSQuery, _ completion: @escaping (Outcome) -> Void) {
        last += 1
        completions[last] = completion
        waiting.append((last, query))
    }

    /// Returns and removes the queries to send.
    public func take() -> [(number: UInt64, query: DNSQuery)] {
        defer { waiting = [] }
        return waiting
    }

    /// Passes the result of a query to the resolver.
    public func finish(_ number: UInt64, _ outcome: Result<DNSMessage, DNSQueryFailure>) {
        completions.removeValue(forKey: number)?(outcome)
    }

    /// Removes all queries; their completions are not called.
    func removeAll() {
        waiting = []
        completions = [:]
    }
}
