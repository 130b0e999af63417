import SwiftNet

/// The example of `PingSweep`'s documentation.
func examplePingSweep() throws {
    let summary = try PingSweep.run(["192.0.2.0/24", "198.51.100.2"]) { event in
        if case .host(let result) = event, result.isAlive { print(result.address) }
    }
    print("alive", summary.alive)
}
