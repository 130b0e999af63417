import SwiftNet

/// Events until the task is canceled: the summary is delivered nevertheless.
func canceled() async throws {
    let task = Task {
        for try await update in Ping.events(to: "198.51.100.2", .init(interval: .milliseconds(20))) {
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

/// Runs on two threads at the same time, and another one after them.
func twoAtOnce() async throws {
    async let first = received("198.51.100.2")
    async let second = received("2001:db8:1::2")
    print("received", try await first, try await second)
    print("received", try Ping.run("198.51.100.2", .init(count: 1)).received)
}

private func received(_ target: String) async throws -> Int {
    for try await update in Ping.events(to: target, .init(count: 5, interval: .milliseconds(20))) {
        if case .finished(let summary, _) = update { return summary.received }
    }
    return -1
}

/// Every path of a route, and its hops over time.
func pathsAndMonitor() throws {
    print("reached", try Traceroute.Paths.run("198.51.100.2").isReached)
    let result = try Traceroute.Cycles.run("198.51.100.2", .init(cycles: 3, interval: .milliseconds(50)))
    for hop in result.paths.flatMap(\.hops) { print("hop", hop.timeToLive, hop.sent, hop.received) }
}

/// A prepared run can be used once, with every tool.
func usedTwice() throws {
    let options = RunOptions()
    let target = "198.51.100.2"
    try twice(Ping.prepare(target, .init(count: 1), options: options))
    try twice(PingSweep.prepare([target], .init(), options: options))
    try twice(Traceroute.prepare(target, .init(), options: options))
    try twice(Arping.prepare("192.0.2.254", .init(count: 1), options: options))
    try twice(SYNScan.prepare([target], .init(ports: [9]), options: options))
    try twice(HTTPProbe.prepare(["http://198.51.100.2:9/"], .init(), options: options))
    try twice(IGMPJoin.prepare(["233.252.0.1"], .init(duration: .milliseconds(50)), options: options))
}

private func twice(_ run: some PreparedRun) throws {
    _ = try run.run(onEvent: { _ in }, onStep: {})
    do {
        _ = try run.run(onEvent: { _ in }, onStep: {})
        print("ran again:", type(of: run))
    } catch {
        print(error)
    }
}

/// The contents of errors.
func errors() {
    do {
        var configuration = Ping.Configuration()
        configuration.interface = "none"
        try Ping.run("198.51.100.2", configuration)
    } catch {
        print(error.kind, error)
    }
}
