import SwiftNet

/// The example of `ArpingSweep`'s documentation.
func exampleARPSweep() throws {
    let summary = try ArpingSweep.run("192.0.2.0/24") { event in
        if case .host(let host) = event { print(host.address, host.mac) }
    }
    print("hosts", summary.hosts)
}
