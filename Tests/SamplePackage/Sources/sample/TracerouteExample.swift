import SwiftNet

/// The example of `Traceroute`'s documentation.
func exampleTraceroute() async throws {
    for try await update in Traceroute.events(to: "198.51.100.2") {
        if case .event(.hop(let hop)) = update { print(hop.timeToLive, hop.answers.map(\.source)) }
    }
}
