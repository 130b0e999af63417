import SwiftNet

/// The example of `HTTPFingerprint`'s documentation.
func exampleHTTPFingerprint() throws {
    let summary = try HTTPFingerprint.run(["198.51.100.2:80"]) { report in
        print(report.url, report.verdict?.product ?? "unknown")
    }
    print("recognized", summary.recognized)
}
