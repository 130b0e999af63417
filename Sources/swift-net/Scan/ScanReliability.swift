import SwiftNet

/// A host whose silence is no answer, in words and as JSON.
enum ScanReliability {
    /// `198.51.100.7: unreliable: it answers only about 25 SYNs per second; 153 ports without an answer are not known to be filtered`
    static func text(_ host: UnreliableHost) -> String {
        let what =
            switch host.reason {
            case .limitsAnswers:
                host.rate.map { "it answers only about \(Text.count(whole($0), "SYN")) per second" }
                    ?? "it answers only some SYNs; silent ports replied when probed slowly"
            case .limitsResets:
                host.rate.map { "it sends only about \(Text.count(whole($0), "reset")) per second" }
                    ?? "it sends resets for only some SYNs"
            case .stopsAnswering:
                "it answered \(Text.count(host.answered, "SYN")), mostly the first ones, then stopped"
            case .answersLate: "many SYNs were unanswered, but retries were answered (packet loss?)"
            }
        return "\(host.address): unreliable: \(what); \(Text.count(host.silent, "port")) without an answer "
            + (host.silent == 1 ? "is" : "are") + " not known to be filtered"
    }

    static func json(_ host: UnreliableHost) -> String {
        var object = JSONObject(type: "host")
        object.add("addr", "\(host.address)")
        object.add("reliable", false)
        let note =
            switch host.reason {
            case .limitsAnswers: "limits SYNs"
            case .limitsResets: "limits resets"
            case .stopsAnswering: "stops answering"
            case .answersLate: "loses SYNs"
            }
        object.add("note", note)
        let rate = host.reason == .answersLate ? nil : host.rate
        object.add("packets_per_second", raw: rate.map { "\(whole($0))" })
        object.add("answered", host.answered)
        object.add("silent", host.silent)
        object.add("time", WallTime.rfc3339(host.at))
        return object.line
    }

    private static func whole(_ rate: Double) -> Int { Int(min(max(rate, 1), 1e9).rounded()) }
}
