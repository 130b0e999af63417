import CNghttp2

/// An error code of RST_STREAM and GOAWAY frames (RFC 9113, section 7).
public struct HTTP2ErrorCode: Hashable, Sendable, CustomStringConvertible {
    /// The number in the frame.
    public var rawValue: UInt32

    /// Creates a code from its number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The end of a stream or connection without an error.
    public static let noError = HTTP2ErrorCode(rawValue: 0)
    /// A violation of the protocol.
    public static let protocolError = HTTP2ErrorCode(rawValue: 1)
    /// An unexpected error of the sender.
    public static let internalError = HTTP2ErrorCode(rawValue: 2)
    /// The request was not processed; it can be sent again.
    public static let refusedStream = HTTP2ErrorCode(rawValue: 7)
    /// The stream is no longer needed.
    public static let cancel = HTTP2ErrorCode(rawValue: 8)
    /// The peer causes excessive load.
    public static let enhanceYourCalm = HTTP2ErrorCode(rawValue: 11)
    /// The server requires HTTP/1.1.
    public static let http11Required = HTTP2ErrorCode(rawValue: 13)

    /// The name of the standard, such as `PROTOCOL_ERROR`; the number in hexadecimal for other codes.
    public var description: String {
        guard rawValue <= 13, let name = nghttp2_http2_strerror(rawValue) else {
            return "0x" + String(rawValue, radix: 16)
        }
        return String(cString: name)
    }
}

/// The reason for which a connection or a stream failed.
public struct HTTP2Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The code that was sent to the peer or received from it.
    public var code: HTTP2ErrorCode
    /// The details; may be empty.
    public var message: String

    /// Creates a failure.
    public init(_ code: HTTP2ErrorCode, _ message: String = "") {
        self.code = code
        self.message = message
    }

    public var description: String { message.isEmpty ? "\(code)" : "\(code): \(message)" }
}
