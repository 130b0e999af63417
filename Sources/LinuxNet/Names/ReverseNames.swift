import Synchronization
import WireFormat

/// Names of addresses, looked up by a thread of their own beside everything
/// else: who asks gets what is known now, and the bell rings when more is.
public final class ReverseNames: Sendable {
    /// What is known about the name of an address.
    public enum Entry: Sendable, Equatable {
        /// The resolver has not answered yet.
        case pending
        case known(String)
        case nameless
    }

    private struct State {
        var entries: [IPAddress: Entry] = [:]
        var waiting: [IPAddress] = []
        var isRunning = false
    }

    private let state = Mutex(State())
    private let bell: Bell
    private let zone: UInt32
    /// Addresses that may wait for a look-up; more go without a name.
    private static let mostWaiting = 1024

    public init(bell: Bell, zone: UInt32 = 0) {
        self.bell = bell
        self.zone = zone
    }

    /// What is known now; the first question about an address starts its look-up.
    public func name(of address: IPAddress) -> Entry {
        let (entry, mustStart) = state.withLock { state -> (Entry, Bool) in
            if let entry = state.entries[address] { return (entry, false) }
            guard state.waiting.count < Self.mostWaiting else { return (.nameless, false) }
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
            let name = Resolver.name(of: next, zone: zone)
            state.withLock { $0.entries[next] = name.map { .known($0) } ?? .nameless }
            bell.ring()
        }
    }
}
