import WireFormat

/// A frame that was sent or received (RFC 9113, section 4.1), for display.
public struct HTTP2Frame: Hashable, Sendable {
    /// The contents of a frame, as far as they are shown.
    public enum Contents: Hashable, Sendable {
        case none
        /// The fields of HEADERS and its CONTINUATION frames, with pseudo-header fields.
        case fields([HTTPField])
        /// The identifiers and values of SETTINGS.
        case settings([Setting])
        /// The code of RST_STREAM.
        case reset(HTTP2ErrorCode)
        /// The last processed stream, the code and the debug data of GOAWAY, at most 256 bytes.
        case goAway(last: Int32, HTTP2ErrorCode, debug: [UInt8])
        /// The increment of WINDOW_UPDATE, in bytes.
        case windowUpdate(UInt32)
        /// The frame violates the protocol, and the reason.
        case invalid(String)
    }

    /// A parameter of SETTINGS (RFC 9113, section 6.5.2).
    public struct Setting: Hashable, Sendable, CustomStringConvertible {
        /// The identifier.
        public var identifier: Int32
        /// The value.
        public var value: UInt32

        private static let names: [Int32: String] = [
            1: "HEADER_TABLE_SIZE", 2: "ENABLE_PUSH", 3: "MAX_CONCURRENT_STREAMS", 4: "INITIAL_WINDOW_SIZE",
            5: "MAX_FRAME_SIZE", 6: "MAX_HEADER_LIST_SIZE", 8: "ENABLE_CONNECT_PROTOCOL", 9: "NO_RFC7540_PRIORITIES",
        ]

        /// The name of the standard and the value: `MAX_CONCURRENT_STREAMS=128`.
        public var description: String {
            (Self.names[identifier] ?? "0x" + String(identifier, radix: 16)) + "=\(value)"
        }
    }

    /// Whether this client sent it.
    public var isOutbound: Bool
    /// The type.
    public var type: UInt8
    /// The flags.
    public var flags: UInt8
    /// The stream; 0 for the connection.
    public var stream: Int32
    /// The length of the payload, in bytes.
    public var length: Int
    /// The contents.
    public var contents = Contents.none

    /// The name of the type, such as `HEADERS`; the number in hexadecimal for unknown types.
    public var name: String { Self.name(of: type) }

    static func name(of type: UInt8) -> String {
        let names = [
            "DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE",
            "CONTINUATION", "ALTSVC",
        ]
        if Int(type) < names.count { return names[Int(type)] }
        return type == 12 ? "ORIGIN" : type == 16 ? "PRIORITY_UPDATE" : "0x" + String(type, radix: 16)
    }

    /// The names of the flags that are set.
    public var flagNames: [String] {
        let names: [(UInt8, String)] =
            switch type {
            case 0: [(1, "END_STREAM"), (8, "PADDED")]
            case 1: [(1, "END_STREAM"), (4, "END_HEADERS"), (8, "PADDED"), (32, "PRIORITY")]
            case 4, 6: [(1, "ACK")]
            case 5: [(4, "END_HEADERS"), (8, "PADDED")]
            case 9: [(4, "END_HEADERS")]
            default: []
            }
        return names.filter { flags & $0.0 != 0 }.map(\.1)
    }
}

extension HTTP2Frame: CustomStringConvertible {
    /// The frame in one line, without its fields: `RST_STREAM stream 1, 4 bytes: CANCEL`.
    public var description: String {
        var text = name
        if stream != 0 { text += " stream \(stream)" }
        text += ", \(length) byte\(length == 1 ? "" : "s")"
        for flag in flagNames { text += ", \(flag)" }
        switch contents {
        case .none, .fields: break
        case .settings(let settings):
            if !settings.isEmpty { text += ": " + settings.map(\.description).joined(separator: " ") }
        case .reset(let code): text += ": \(code)"
        case .goAway(let last, let code, let debug):
            text += ": \(code), last stream \(last)"
            if !debug.isEmpty { text += ", " + String(decoding: debug, as: UTF8.self) }
        case .windowUpdate(let increment): text += ": \(increment)"
        case .invalid(let reason): text += ": invalid: \(reason)"
        }
        return text
    }
}
