import CNghttp2
import WireFormat

/// An HTTP/2 client session without sockets: it converts between requests, responses and the bytes of a connection
/// (RFC 9113).
///
/// Memory is bounded, whatever the server sends: by the windows, the size of the fields of a stream, and the number of
/// frames that make no progress.
package struct HTTP2Session: ~Copyable {
    private let pointer: OpaquePointer
    private let state: HTTP2SessionState

    /// Creates a session; the preface and SETTINGS are its first output.
    package init(_ configuration: HTTP2Configuration = HTTP2Configuration()) throws(HTTP2Failure) {
        let state = HTTP2SessionState(configuration)
        var callbacks: OpaquePointer?
        var options: OpaquePointer?
        guard nghttp2_session_callbacks_new(&callbacks) == 0, nghttp2_option_new(&options) == 0 else {
            throw HTTP2Failure(.internalError, "out of memory")
        }
        defer {
            nghttp2_session_callbacks_del(callbacks)
            nghttp2_option_del(options)
        }
        HTTP2SessionState.setCallbacks(callbacks)
        // The window opens as data is taken.
        nghttp2_option_set_no_auto_window_update(options, 1)
        nghttp2_option_set_no_closed_streams(options, 1)
        nghttp2_option_set_max_reserved_remote_streams(options, 0)
        // The session has a limit of its own.
        nghttp2_option_set_max_outbound_ack(options, 2 * HTTP2SessionState.mostIdleFrames)
        // Unknown types are counted and shown too.
        for type in UInt8(NGHTTP2_CONTINUATION.rawValue) + 1...UInt8.max {
            nghttp2_option_set_user_recv_extension_type(options, type)
        }
        var session: OpaquePointer?
        guard
            nghttp2_session_client_new2(&session, callbacks, Unmanaged.passUnretained(state).toOpaque(), options) == 0,
            let session
        else { throw HTTP2Failure(.internalError, "out of memory") }
        pointer = session
        self.state = state
        let settings = [
            (NGHTTP2_SETTINGS_ENABLE_PUSH, 0),
            (NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, UInt32(clamping: configuration.streamWindow)),
            (NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, UInt32(clamping: configuration.fieldSize)),
        ].map { nghttp2_settings_entry(settings_id: Int32($0.0.rawValue), value: $0.1) }
        nghttp2_submit_settings(session, 0, settings, settings.count)
        nghttp2_session_set_local_window_size(session, 0, 0, configuration.connectionWindow)
        collectOutput()
    }

    deinit { nghttp2_session_del(pointer) }

    /// Whether another request can be sent: the server sent no GOAWAY, and identifiers of streams are left.
    package var acceptsRequests: Bool {
        state.failure == nil && nghttp2_session_check_request_allowed(pointer) != 0
    }

    /// The number of streams that the server allows at the same time; 100 until its SETTINGS arrive. Requests above it
    /// wait inside the session.
    package var maximumConcurrentStreams: Int {
        guard state.hasSettings else { return 100 }
        return Int(nghttp2_session_get_remote_settings(pointer, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
    }

    /// Whether the server's SETTINGS were received.
    package var hasSettings: Bool { state.hasSettings }

    /// The number of streams that are not closed.
    package var streamCount: Int { state.streams.count }

    /// Submits a request.
    /// - Parameters:
    ///   - fields: the pseudo-header fields, then the other fields, with names in lower case.
    ///   - endsStream: whether `body` is the whole body; else `send` sends the rest.
    /// - Returns: the identifier of the stream.
    package mutating func submit(
        _ fields: [HTTPField], body: [UInt8] = [], endsStream: Bool = true
    ) throws(HTTP2Failure) -> Int32 {
        guard acceptsRequests else { throw HTTP2Failure(.refusedStream, "the connection is closing") }
        // One buffer of all names and values; the session copies them.
        let pairs = fields.map { (name: $0.rawName, value: $0.valueBytes) }
        var text = pairs.flatMap { $0.name + $0.value }
        var provider = nghttp2_data_provider(
            source: nghttp2_data_source(ptr: nil), read_callback: HTTP2SessionState.readBody)
        let hasBody = !endsStream || !body.isEmpty
        let identifier = text.withUnsafeMutableBufferPointer { text in
            var offset = 0
            // An empty request has no buffer.
            let vectors = pairs.map { pair -> nghttp2_nv in
                let (name, value) = (pair.name.count, pair.value.count)
                defer { offset += name + value }
                return nghttp2_nv(
                    name: text.baseAddress.map { $0 + offset }, value: text.baseAddress.map { $0 + offset + name },
                    namelen: name, valuelen: value, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
            }
            return withUnsafePointer(to: &provider) {
                nghttp2_submit_request(pointer, nil, vectors, vectors.count, hasBody ? $0 : nil, nil)
            }
        }
        guard identifier > 0 else { throw HTTP2Failure(.refusedStream, HTTP2SessionState.text(of: identifier)) }
        state.streams[identifier] = HTTP2SessionState.Stream(body: body[...], hasWholeBody: endsStream)
        collectOutput()
        return identifier
    }

    /// Sends the rest of a request's body.
    package mutating func send(_ body: [UInt8], on stream: Int32) {
        state.streams[stream]?.body += body
        state.streams[stream]?.hasWholeBody = true
        nghttp2_session_resume_data(pointer, stream)
        collectOutput()
    }

    /// Resets a stream that is not closed; no more events are reported for it.
    package mutating func cancel(_ stream: Int32) {
        guard state.streams.removeValue(forKey: stream) != nil else { return }
        nghttp2_submit_rst_stream(pointer, 0, stream, HTTP2ErrorCode.cancel.rawValue)
        collectOutput()
    }

    /// Announces the end of the connection (GOAWAY).
    package mutating func close() {
        nghttp2_session_terminate_session(pointer, HTTP2ErrorCode.noError.rawValue)
        collectOutput()
    }

    /// Processes received bytes. After a failure, the output ends with GOAWAY and the session accepts no more bytes.
    package mutating func receive(_ bytes: RawSpan) throws(HTTP2Failure) {
        if let failure = state.failure { throw failure }
        let result = bytes.withUnsafeBytes {
            nghttp2_session_mem_recv(pointer, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), $0.count)
        }
        if result < 0, state.failure == nil {
            state.failure = HTTP2Failure(.protocolError, HTTP2SessionState.text(of: Int32(clamping: result)))
        }
        if let failure = state.failure {
            nghttp2_session_terminate_session(pointer, failure.code.rawValue)
        }
        collectOutput()
        if let failure = state.failure { throw failure }
    }

    /// Whether there is output to take.
    package var hasOutput: Bool { !state.output.isEmpty }

    /// Returns and removes the bytes to send.
    package mutating func takeOutput() -> [UInt8] {
        defer { state.output = [] }
        return state.output
    }

    /// Reports the events; the window opens again by the data that they contain.
    package mutating func drain(_ report: (HTTP2Event) -> Void) {
        let events = state.takeEvents()
        guard !events.isEmpty else { return }
        for event in events {
            if case .data(let stream, let bytes) = event { nghttp2_session_consume(pointer, stream, bytes.count) }
            report(event)
        }
        collectOutput()
    }

    /// Moves the frames to send into the output, which closes the connection after an error that the library found.
    private func collectOutput() {
        var piece: UnsafePointer<UInt8>?
        while true {
            let count = nghttp2_session_mem_send(pointer, &piece)
            guard count > 0, let piece else { return }
            state.output += UnsafeBufferPointer(start: piece, count: count)
        }
    }
}
