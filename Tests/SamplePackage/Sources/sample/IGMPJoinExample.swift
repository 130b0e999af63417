import SwiftNet

/// The example of `IGMPJoin`'s documentation.
func exampleIGMPJoin() throws {
    let summary = try IGMPJoin.run(["233.252.0.1"], .init(duration: .seconds(5)))
    print("reports", summary.reports)
}
