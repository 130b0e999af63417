import CNghttp2

/// The server's side of a connection in memory, by the library itself: it returns `response` to every request.
final class HTTP2Server {
    struct Response {
        var status = 200
        var interim: [Int] = []
        var body: [UInt8] = Array("hello".utf8)
        var trailers: [(String, String)] = []
    }

    private var session: OpaquePointer?
    var response = Response()
    /// Whether requests are answered as they arrive.
    var answers = true
    /// The fields and the body of each request, by stream.
    private(set) var requests: [Int32: [(String, String)]] = [:]
    private(set) var bodies: [Int32: [UInt8]] = [:]
    private(set) var resets: [Int32: UInt32] = [:]
    private var sent: [Int32: Int] = [:]

    init(maximumStreams: UInt32 = 100, window: UInt32 = 65_535) {
        var callbacks: OpaquePointer?
        nghttp2_session_callbacks_new(&callbacks)
        defer { nghttp2_session_callbacks_del(callbacks) }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, frame, name, nameLength, value, valueLength, _, user in
            let server = HTTP2Server.of(user)
            let text = { (start: UnsafePointer<UInt8>?, count: Int) in
                String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
            }
            server?.requests[frame?.pointee.hd.stream_id ?? 0, default: []].append(
                (text(name, nameLength), text(value, valueLength)))
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, bytes, count, user in
            HTTP2Server.of(user)?.bodies[stream, default: []] += UnsafeBufferPointer(start: bytes, count: count)
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
            guard let header = frame?.pointee.hd, let server = HTTP2Server.of(user) else { return 0 }
            if header.type == NGHTTP2_RST_STREAM.rawValue {
                server.resets[header.stream_id] = frame?.pointee.rst_stream.error_code
            }
            let isMessage = header.type == NGHTTP2_HEADERS.rawValue || header.type == NGHTTP2_DATA.rawValue
            if isMessage, header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0, server.answers {
                server.answer(header.stream_id)
            }
            return 0
        }
        nghttp2_session_server_new(&session, callbacks, Unmanaged.passUnretained(self).toOpaque())
        let settings = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue), value: maximumStreams),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue), value: window),
        ]
        nghttp2_submit_settings(session, 0, settings, settings.count)
    }

    deinit { nghttp2_session_del(session) }

    private static func of(_ user: UnsafeMutableRawPointer?) -> HTTP2Server? {
        user.map { Unmanaged<HTTP2Server>.fromOpaque($0).takeUnretainedValue() }
    }

    private func with(_ fields: [(String, String)], _ body: ([nghttp2_nv]) -> Void) {
        let texts = fields.map { (Array($0.0.utf8), Array($0.1.utf8)) }
        let copies = texts.map { pair in
            let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: pair.0.count + pair.1.count + 1)
            bytes.initialize(from: pair.0 + pair.1, count: pair.0.count + pair.1.count)
            return nghttp2_nv(
                name: bytes, value: bytes + pair.0.count, namelen: pair.0.count, valuelen: pair.1.count, flags: 0)
        }
        body(copies)
        for copy in copies { copy.name.deallocate() }
    }

    func answer(_ stream: Int32) {
        for status in response.interim {
            with([(":status", "\(status)")]) { nghttp2_submit_headers(session, 0, stream, nil, $0, $0.count, nil) }
        }
        var provider = nghttp2_data_provider(source: nghttp2_data_source(ptr: nil)) {
            session, stream, buffer, length, flags, _, user in
            guard let server = HTTP2Server.of(user), let buffer else { return 0 }
            let offset = server.sent[stream] ?? 0
            let piece = server.response.body.dropFirst(offset).prefix(length)
            _ = UnsafeMutableBufferPointer(start: buffer, count: length).update(fromContentsOf: piece)
            server.sent[stream] = offset + piece.count
            if offset + piece.count == server.response.body.count {
                flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
                if !server.response.trailers.isEmpty {
                    flags?.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
                    server.with(server.response.trailers) { nghttp2_submit_trailer(session, stream, $0, $0.count) }
                }
            }
            return piece.count
        }
        with([(":status", "\(response.status)"), ("server", "test")]) {
            nghttp2_submit_response(session, stream, $0, $0.count, &provider)
        }
    }

    func reset(_ stream: Int32, _ code: UInt32) { nghttp2_submit_rst_stream(session, 0, stream, code) }

    func goAway(last: Int32, _ code: UInt32, _ text: String) {
        nghttp2_submit_goaway(session, 0, last, code, Array(text.utf8), text.utf8.count)
    }

    /// Processes the client's bytes; returns false if the library rejects them.
    func receive(_ bytes: [UInt8]) -> Bool { nghttp2_session_mem_recv(session, bytes, bytes.count) == bytes.count }

    func takeOutput() -> [UInt8] {
        var output: [UInt8] = []
        var piece: UnsafePointer<UInt8>?
        while true {
            let count = nghttp2_session_mem_send(session, &piece)
            guard count > 0, let piece else { return output }
            output += UnsafeBufferPointer(start: piece, count: count)
        }
    }
}
