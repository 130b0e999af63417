import SwiftNet

/// The example of `Ping`.
func ping(_ target: String) throws {
    let summary = try Ping.run(target, .init(count: 3, interval: .milliseconds(50))) { event in
        if case .reply(let reply) = event { print(reply.source, reply.roundTrip) }
    }
    print("received", summary.received)
}

/// The same as a sequence, which is stopped by canceling its task.
func pingEvents(_ target: String) async throws {
    let task = Task {
        for try await update in Ping.events(to: target, .init(interval: .milliseconds(20))) {
            switch update {
            case .event(.reply(let reply)): print("reply", reply.sequence)
            case .event: break
            case .finished(let summary, let missed): print("received", summary.received, "missed", missed)
            }
        }
    }
    try await Task.sleep(for: .milliseconds(300))
    task.cancel()
    try await task.value
}

/// The example of `PingSweep`.
func pingSweep(_ network: String) throws {
    let summary = try PingSweep.run([network]) { event in
        if case .host(let result) = event, result.isAlive { print("alive", result.address) }
    }
    print("alive", summary.alive, "of", summary.targets)
}

/// Runs on two threads at the same time, and another one after them.
func twoAtOnce(_ target: String) async throws {
    async let first = received(target)
    async let second = received(target)
    print("received", try await first, try await second)
    print("received", try Ping.run(target, .init(count: 1)).received)
}

private func received(_ target: String) async throws -> Int {
    for try await update in Ping.events(to: target, .init(count: 5, interval: .milliseconds(20))) {
        if case .finished(let summary, _) = update { return summary.received }
    }
    return -1
}
