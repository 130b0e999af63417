import SwiftNet

/// The example of `SYNScan`'s documentation.
func exampleSYNScan() throws {
    let configuration = SYNScan.Configuration(ports: [22, 80, 443])
    let summary = try SYNScan.run(["198.51.100.0/24"], configuration) { event in
        if case .finding(let port) = event, port.state == .open { print(port.address, port.port) }
    }
    print("open", summary.open)
}
