import PacketEngine
import WireFormat

/// The banner of an open port.
public struct ScanBanner: Sendable, Hashable {
    /// How it was obtained.
    public enum Kind: String, Sendable, Hashable {
        /// A response to HEAD (RFC 9110, section 9.3.2).
        case http
        /// The names of a TLS certificate.
        case tls
        /// Sent by the server unprompted.
        case text
    }

    public var address: IPAddress
    public var port: UInt16
    public var kind: Kind
    /// The bytes received, at most 4,096; empty for TLS.
    public var bytes: [UInt8] = []
    /// The names in the certificate, or its subject if there are none.
    public var names: [String] = []
    /// The TLS version.
    public var version: String?
    public var at: Instant

    /// A one-line summary that identifies the server: status and Server field, certificate names, or the first line.
    public var summary: [UInt8] {
        switch kind {
        case .tls: return Array("TLS \(version ?? "?") \(names.joined(separator: " "))".utf8)
        case .text: return firstLine(bytes[...])
        case .http:
            var summary = firstLine(bytes[...])
            for line in bytes.split(separator: 10) where Self.isServer(line) {
                let value = firstLine(line.dropFirst(7)).drop { $0 == 32 }
                summary += Array("; ".utf8) + value
                break
            }
            return summary
        }
    }

    private static func isServer(_ line: ArraySlice<UInt8>) -> Bool {
        line.count > 7 && zip(line, "server:".utf8).allSatisfy { $0 | ($0 >= 65 && $0 <= 90 ? 0x20 : 0) == $1 }
    }

    private func firstLine(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(bytes.prefix { $0 != 10 && $0 != 13 }.prefix(256))
    }
}
