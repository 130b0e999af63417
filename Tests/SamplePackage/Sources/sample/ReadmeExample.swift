import SwiftNet

/// The program of the README.
func readme() async throws {
    let summary = try Ping.run("198.51.100.2", .init(count: 3)) { print($0) }
    print("received", summary.received)
    for try await update in Traceroute.events(to: "198.51.100.2") {
        if case .event(.hop(let hop)) = update { print(hop.timeToLive, hop.answers.map(\.source)) }
    }
}

/// The program of SwiftNet's landing page.
func landingPage() async throws {
    // On the calling thread, to the end.
    let summary = try Ping.run("198.51.100.2", .init(count: 3)) { print($0) }
    print("received", summary.received)

    // On its own thread, as a sequence. Canceling the task ends the run, which still delivers a summary.
    for try await update in Traceroute.events(to: "198.51.100.2") {
        if case .event(.hop(let hop)) = update { print(hop.timeToLive) }
    }

    // In two steps, to inspect the target and the route before anything is sent.
    let ping = try Ping.prepare("198.51.100.2", .init(count: 3), options: RunOptions())
    print(ping.destination.address, ping.destination.interfaceName ?? "")
}
