import SwiftNet

/// The example of `UserHost`'s documentation.
func exampleUserHost() throws {
    var configuration = UserHost.Configuration()
    configuration.addresses = [.init(.v4(IPv4Address(192, 0, 2, 50)), prefixLength: 24)]
    configuration.services = [.echo]
    configuration.duration = .seconds(60)
    let summary = try UserHost.run(["eth0"], configuration) { print($0) }
    print("peers", summary.peerCount)
}
