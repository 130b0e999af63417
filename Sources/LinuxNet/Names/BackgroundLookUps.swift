import Synchronization
import WireFormat

/// What is asked about addresses by a thread of its own, beside everything
/// else: who asks gets what is known now, and the bell rings when more is.
final class BackgroundLookUps<Value: Sendable>: Sendable {
    enum Entry: Sendable {
        case pending
        /// Nil when there is nothing to know.
        case known(Value?)
    }

    private struct State {
        var entries: [IPAddress: Entry] = [:]
        var waiting: [IPAddress] = []
        var isRunning = false
    }

    private let state = Mutex(State())
    private let bell: Bell
    private let lookUp: @Sendable (IPAddress) -> Value?
    /// Addresses that may wait for a look-up; more go without.
    private static var mostWaiting: Int { 1_024 }

    init(bell: Bell, _ lookUp: @escaping @Sendable (IPAddress) -> Value?) {
        self.bell = bell
        self.lookUp = lookUp
    }

    /// What is known now; the first question about an address starts its look-up.
    subscript(address: IPAddress) -> Entry {
        let (entry, mustStart) = state.withLock { state -> (Entry, Bool) in
            if let entry = state.entries[address] { return (entry, false) }
            guard state.waiting.count < Self.mostWaiting else { return (.known(nil), false) }
            state.entries[address] = .pending
            state.waiting.append(address)
            defer { state.isRunning = true }
            return (.pending, !state.isRunning)
        }
        if mustStart, !BackgroundThread.run({ self.work() }) { state.withLock { $0.isRunning = false } }
        return entry
    }

    /// Looks up what waits, then ends.
    private func work() {
        while true {
            let next = state.withLock { state -> IPAddress? in
                guard !state.waiting.isEmpty else {
                    state.isRunning = false
                    return nil
                }
                return state.waiting.removeFirst()
            }
            guard let next else { return }
            let value = lookUp(next)
            state.withLock { $0.entries[next] = .known(value) }
            bell.ring()
        }
    }
}
