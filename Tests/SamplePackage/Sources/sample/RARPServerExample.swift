import SwiftNet

/// The example of `RARPServer`'s documentation.
func exampleRARPServer() throws {
    var configuration = RARPServer.Configuration()
    configuration.ethers = "ethers"
    configuration.duration = .seconds(60)
    let summary = try RARPServer.run(["eth0"], configuration) { print($0) }
    print("answered", summary.answered)
}
