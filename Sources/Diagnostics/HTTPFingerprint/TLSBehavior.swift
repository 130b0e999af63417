import SwiftNetHTTP2
import SwiftNetTLS
import WireFormat

/// How a server behaves below HTTP/1: which application protocols it selects, which alerts and tickets it sends, and how
/// it begins HTTP/2.
///
/// Keys and certificates are those of its owner, and are not a part of it.
public struct TLSBehavior: Hashable, Sendable {
    /// What was tested, in the order of the tests.
    public enum Trait: String, CaseIterable, Sendable {
        /// The protocol selected when http/1.1 is offered before h2 (RFC 7301): whose order counts.
        case order
        /// What happens if only an unknown protocol is offered.
        case unknown
        /// The number of sessions offered to resume.
        case tickets
        /// The settings and the window with which a connection of HTTP/2 begins (RFC 9113, section 3.4).
        case http2
    }

    /// By trait; none for a test that was not made.
    public internal(set) var values: [Trait: String] = [:]

    public init() {}

    /// Parses the text form, such as `order=h2 unknown=alert-120`; nil if it is invalid.
    package init?(_ text: some StringProtocol) {
        for word in text.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let trait = Trait(rawValue: String(parts[0])) else { return nil }
            values[trait] = String(parts[1])
        }
        if values.isEmpty { return nil }
    }
}

extension TLSBehavior: CustomStringConvertible {
    public var description: String {
        Trait.allCases.compactMap { trait in values[trait].map { "\(trait.rawValue)=\($0)" } }.joined(separator: " ")
    }
}

/// The connections that show the behavior.
enum TLSTest: CaseIterable {
    case clientOrder
    case unknownProtocol
    case http2

    /// The application protocols offered.
    var protocols: [String] {
        switch self {
        case .clientOrder: ["http/1.1", "h2"]
        case .unknownProtocol: ["swift-net"]
        case .http2: ["h2"]
        }
    }
}

extension TLSBehavior {
    /// Adds the result of a test.
    mutating func add(_ outcome: HTTPOutcome, of test: TLSTest) {
        switch test {
        case .clientOrder:
            values[.order] = Self.selection(outcome)
            // HTTP/2 has its own connection, and without TLS there is nothing to resume.
            if outcome.tls != nil { values[.tickets] = "\(outcome.ticketCount)" }
        case .unknownProtocol: values[.unknown] = Self.selection(outcome)
        case .http2:
            guard outcome.tls?.applicationProtocol == "h2" else {
                values[.http2] = "none"
                return
            }
            values[.http2] = Self.beginning(outcome.frames)
        }
    }

    private static func selection(_ outcome: HTTPOutcome) -> String? {
        if let facts = outcome.tls { return facts.applicationProtocol ?? "none" }
        guard case .secure(let failure) = outcome.failure else {
            if case .closed(.secure) = outcome.failure { return "closed" }
            if case .reset(.secure) = outcome.failure { return "reset" }
            return nil
        }
        return failure.alert.map { "alert-\($0)" } ?? "failure"
    }

    /// Returns what the server sent before it answered: its settings and the increment of the window.
    private static func beginning(_ frames: [HTTP2Frame]) -> String {
        let received = frames.lazy.filter { !$0.isOutbound }.prefix { $0.stream == 0 }
        var parts: [String] = []
        for frame in received {
            switch frame.contents {
            case .settings(let settings) where frame.flags & 1 == 0:
                let values = settings.map { "\($0.identifier):\($0.value)" }
                parts.append(values.isEmpty ? "default" : values.joined(separator: ","))
            case .windowUpdate(let increment): parts.append("window:\(increment)")
            default: break
            }
        }
        // What selected HTTP/2 for a server that does not speak it sends no settings.
        return parts.isEmpty ? "no-settings" : parts.joined(separator: ";")
    }
}
