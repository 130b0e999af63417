import SwiftNet

/// The example of `DHCPDiscover`'s documentation.
func exampleDHCPDiscover() throws {
    let summary = try DHCPDiscover.run(nil) { event in
        if case .offer(let offer) = event { print(offer.address, offer.server, offer.leaseTime ?? 0) }
    }
    print("servers", summary.servers)
}
