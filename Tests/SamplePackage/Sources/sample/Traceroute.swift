import SwiftNet

/// The example of `Traceroute`.
func traceroute(_ target: String) async throws {
    for try await update in Traceroute.events(to: target) {
        switch update {
        case .event(.hop(let hop)): print("hop", hop.timeToLive, hop.answers.first.map { "\($0.source)" } ?? "*")
        case .event: break
        case .finished(let result, _): print(result.isReached ? "reached" : "not reached")
        }
    }
}

/// The example of `Traceroute.Paths`.
func paths(_ target: String) throws {
    let summary = try Traceroute.Paths.run(target) { event in
        if case .finished(let graph, _) = event { print("links", graph.links.count) }
    }
    print(summary.isReached ? "reached" : "not reached")
}

/// The example of `Traceroute.Monitor`.
func monitor(_ target: String) throws {
    let result = try Traceroute.Monitor.run(target, .init(cycles: 3, interval: .milliseconds(50)))
    for hop in result.hops { print("hop", hop.timeToLive, hop.sent, hop.received) }
}
