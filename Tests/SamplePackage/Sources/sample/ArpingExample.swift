import SwiftNet

/// The example of `Arping`'s documentation.
func exampleArping() throws {
    let summary = try Arping.run("192.0.2.254", .init(count: 3)) { event in
        if case .reply(let reply) = event { print(reply.mac) }
    }
    print("received", summary.received)
}
