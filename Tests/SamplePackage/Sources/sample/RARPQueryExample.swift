import SwiftNet

/// The example of `RARPQuery`'s documentation.
func exampleRARPQuery() throws {
    let summary = try RARPQuery.run([]) { event in
        if case .reply(let reply) = event { print(reply.mac, reply.address, reply.serverAddress) }
    }
    print("answered", summary.answered)
}
