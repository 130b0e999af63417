import DequeModule
import LinuxProcess
import PacketEngine
import WireFormat

/// Resolves many names in the background. Results are returned in the order of the names, except that a name whose
/// server is slow does not delay those after it.
public final class ForwardNames {
    /// The result for one name.
    public struct Result {
        public var name: String
        /// The addresses in the order in which to try them, or the failure.
        public var answer: Resolver.Resolution
    }

    private enum State {
        case pending
        case found(Resolver.Resolution, at: Instant)
        case taken
    }

    private let resolver: Resolver
    private let family: IPAddress.Family?
    /// The time for which a result waits for those before it.
    private let patience: Nanoseconds
    private var names: Deque<(name: String, state: State)> = []
    /// The number of the first element of `names`.
    private var firstNumber = 0
    private var openCount = 0

    /// Starts to resolve `names`.
    /// - Parameter isOrdered: whether results are returned in order; if false, no result waits.
    public init(_ names: [String] = [], family: IPAddress.Family?, resolver: Resolver, isOrdered: Bool = true) {
        self.resolver = resolver
        self.family = family
        patience = isOrdered ? .milliseconds(100) : .zero
        for name in names { ask(name) }
    }

    /// Resolves another name.
    public func ask(_ name: String) {
        let number = firstNumber + names.count
        names.append((name, .pending))
        openCount += 1
        resolver.lookUp(name, family: family) { [weak self] answer in self?.settle(number, answer) }
    }

    private func settle(_ number: Int, _ answer: Resolver.Resolution) {
        let now = SystemClock.now
        names[number - firstNumber].state = .found(answer, at: now)
        if number > firstNumber, patience > .zero {
            _ = resolver.reactor.schedule(at: now + patience) { [resolver] in resolver.reactor.reportResult() }
        }
    }

    /// The names without a result.
    public var pending: [String] {
        names.compactMap { if case .pending = $0.state { $0.name } else { nil } }
    }

    /// Returns the results since the last call, and whether more are expected.
    public func take() -> (results: [Result], expectsMore: Bool) {
        let now = SystemClock.now
        var results: [Result] = []
        var isHeldBack = false
        for index in names.indices {
            switch names[index].state {
            case .taken: continue
            case .pending: isHeldBack = true
            case .found(let answer, let instant):
                if isHeldBack, now - instant < patience { continue }
                results.append(Result(name: names[index].name, answer: answer))
                names[index].state = .taken
                openCount -= 1
            }
        }
        while case .taken? = names.first?.state {
            names.removeFirst()
            firstNumber += 1
        }
        return (results, openCount > 0)
    }
}
