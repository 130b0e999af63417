import WireFormat

/// The parameters of a client session.
package struct HTTP2Configuration: Sendable {
    /// The bytes that the server may send before they are taken: on the connection, and on each stream.
    package var connectionWindow: Int32 = 16 << 20
    package var streamWindow: Int32 = 8 << 20
    /// The maximum size of the fields of a stream, in bytes, with 32 bytes per field (RFC 9113, section 6.5.2).
    package var fieldSize: Int = 256 << 10
    /// Whether to report every frame.
    package var reportsFrames = false

    package init() {}
}

/// An event of a session.
package enum HTTP2Event: Hashable, Sendable {
    /// The head of an interim (1xx) or final response, without pseudo-header fields.
    case head(stream: Int32, status: Int, fields: [HTTPField])
    /// A part of the body.
    case data(stream: Int32, [UInt8])
    /// The fields after the body.
    case trailers(stream: Int32, [HTTPField])
    /// The response is complete.
    case ended(stream: Int32)
    /// The stream ended before the response was complete.
    /// - Parameter byServer: whether the server reset it, and not this client.
    case reset(stream: Int32, HTTP2Failure, byServer: Bool)
    /// The server accepts no more streams; streams above `last` were not processed (RFC 9113, section 6.8).
    case goAway(last: Int32, HTTP2Failure)
    /// The server's settings changed.
    case settings
    /// A frame was sent or received.
    case frame(HTTP2Frame)
}
