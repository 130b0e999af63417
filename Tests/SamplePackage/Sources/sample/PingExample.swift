import SwiftNet

/// The example of `Ping`'s documentation.
func examplePing() throws {
    let summary = try Ping.run("198.51.100.2", .init(count: 3)) { print($0) }
    print("received", summary.received)
}
