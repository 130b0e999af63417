import SwiftNet

/// The example of `HTTPProbe`'s documentation.
func exampleHTTPProbe() throws {
    let summary = try HTTPProbe.run(["http://198.51.100.2/"]) { event in
        if case .answer(let answer) = event { print(answer.url, answer.outcome.timings.total) }
    }
    print("answered", summary.answered)
}
