import CNghttp2
import WireFormat

/// What the library's callbacks read and write.
final class HTTP2SessionState {
    /// A stream that is not closed.
    struct Stream {
        /// The part of the request's body that is not sent.
        var body: ArraySlice<UInt8>
        var hasWholeBody: Bool
        /// The size of all fields received.
        var fieldSize = 0
        /// The fields of the current HEADERS frame.
        var status = 0
        var fields: [HTTPField] = []
        /// The reason for which this client resets the stream.
        var message = ""
        var isReset = false
        var isEnded = false
    }

    let configuration: HTTP2Configuration
    var streams: [Int32: Stream] = [:]
    var output: [UInt8] = []
    var failure: HTTP2Failure?
    var hasSettings = false
    private var events: [HTTP2Event] = []
    /// The size of the fields in `events`.
    private var fieldSize = 0
    /// All fields of the current HEADERS frame, for display.
    private var shown: [HTTPField] = []
    /// The type of the last frame received.
    private var lastType: UInt8 = 0
    /// The library's last message.
    private var message = ""
    /// The number of frames without progress that are still accepted.
    private var idleFrames = HTTP2SessionState.mostIdleFrames

    /// PING, SETTINGS, PRIORITY, WINDOW_UPDATE, unknown and empty DATA frames that are accepted; each KiB of data, each
    /// response and each frame of a request allow more.
    static let mostIdleFrames = 2_000

    init(_ configuration: HTTP2Configuration) { self.configuration = configuration }

    func takeEvents() -> [HTTP2Event] {
        defer { events = [] }
        fieldSize = 0
        return events
    }

    static func text(of error: Int32) -> String { nghttp2_strerror(error).map { String(cString: $0) } ?? "" }

    // MARK: Frames

    private func show(_ header: nghttp2_frame_hd, isOutbound: Bool = false, _ contents: HTTP2Frame.Contents = .none) {
        guard configuration.reportsFrames else { return }
        events.append(
            .frame(
                HTTP2Frame(
                    isOutbound: isOutbound, type: header.type, flags: header.flags, stream: header.stream_id,
                    length: header.length, contents: contents)))
    }

    private func contents(_ frame: nghttp2_frame, isOutbound: Bool) -> HTTP2Frame.Contents {
        guard configuration.reportsFrames else { return .none }
        switch UInt32(frame.hd.type) {
        case NGHTTP2_HEADERS.rawValue:
            defer { shown = [] }
            guard isOutbound else { return .fields(shown) }
            let fields = UnsafeBufferPointer(start: frame.headers.nva, count: frame.headers.nvlen)
            return .fields(
                fields.map { Self.field($0.name, $0.namelen, $0.value, $0.valuelen) })
        case NGHTTP2_RST_STREAM.rawValue: return .reset(HTTP2ErrorCode(rawValue: frame.rst_stream.error_code))
        case NGHTTP2_SETTINGS.rawValue:
            let settings = UnsafeBufferPointer(start: frame.settings.iv, count: frame.settings.niv)
            return .settings(settings.map { HTTP2Frame.Setting(identifier: $0.settings_id, value: $0.value) })
        case NGHTTP2_GOAWAY.rawValue:
            return .goAway(
                last: frame.goaway.last_stream_id, HTTP2ErrorCode(rawValue: frame.goaway.error_code),
                debug: Self.debug(frame.goaway))
        case NGHTTP2_WINDOW_UPDATE.rawValue:
            return .windowUpdate(UInt32(clamping: frame.window_update.window_size_increment))
        default: return .none
        }
    }

    private static func debug(_ frame: nghttp2_goaway) -> [UInt8] {
        Array(UnsafeBufferPointer(start: frame.opaque_data, count: min(frame.opaque_data_len, 256)))
    }

    private static func field(
        _ name: UnsafePointer<UInt8>?, _ nameLength: Int, _ value: UnsafePointer<UInt8>?, _ valueLength: Int
    ) -> HTTPField {
        field(
            UnsafeBufferPointer(start: name, count: nameLength), UnsafeBufferPointer(start: value, count: valueLength))
    }

    private static func field(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> HTTPField {
        var line: [UInt8] = []
        line.reserveCapacity(name.count + 2 + value.count)
        line += name
        line += [0x3A, 0x20]
        line += value
        return HTTPField(line: line, nameCount: name.count)
    }

    /// Ends the connection by a failure; the callback's result.
    private func fail(_ code: HTTP2ErrorCode, _ message: String) -> Int32 {
        failure = failure ?? HTTP2Failure(code, message)
        return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }

    // MARK: Receiving

    fileprivate func begins(_ header: nghttp2_frame_hd) -> Int32 {
        lastType = header.type
        switch UInt32(header.type) {
        case NGHTTP2_DATA.rawValue where header.length > 0: progress(1 + header.length >> 10)
        case NGHTTP2_HEADERS.rawValue: progress(2)
        default: break
        }
        idleFrames -= 1
        guard idleFrames > 0 else { return fail(.enhanceYourCalm, "too many frames without a response") }
        // The library reports these types in no other callback.
        if header.type >= NGHTTP2_CONTINUATION.rawValue { show(header) }
        return 0
    }

    private func progress(_ count: Int) { idleFrames = min(idleFrames + count, Self.mostIdleFrames) }

    fileprivate func beginsHead(_ frame: nghttp2_frame) {
        streams[frame.hd.stream_id]?.fields = []
        streams[frame.hd.stream_id]?.status = 0
        shown = []
    }

    fileprivate func received(
        _ frame: nghttp2_frame, _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>,
        _ session: OpaquePointer?
    ) -> Int32 {
        let stream = frame.hd.stream_id
        let size = name.count + value.count + 32
        // A stream that was canceled.
        guard let received = streams[stream]?.fieldSize else { return 0 }
        guard received + size <= configuration.fieldSize else {
            streams[stream]?.message = "the fields are longer than \(configuration.fieldSize) bytes"
            nghttp2_submit_rst_stream(session, 0, stream, HTTP2ErrorCode.enhanceYourCalm.rawValue)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
        fieldSize += size
        guard fieldSize <= configuration.fieldSize * 4 else {
            return fail(.enhanceYourCalm, "the fields are longer than \(configuration.fieldSize * 4) bytes")
        }
        streams[stream]?.fieldSize = received + size
        let field = Self.field(name, value)
        if configuration.reportsFrames { shown.append(field) }
        if name.first != UInt8(ascii: ":") {
            streams[stream]?.fields.append(field)
        } else if name.elementsEqual(":status".utf8) {
            // The library accepts 3 digits only.
            streams[stream]?.status = value.reduce(0) { $0 * 10 + Int($1 & 15) }
        }
        return 0
    }

    fileprivate func received(_ frame: nghttp2_frame) {
        let header = frame.hd
        let stream = header.stream_id
        show(header, contents(frame, isOutbound: false))
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue:
            guard let fields = streams[stream]?.fields, let status = streams[stream]?.status else { return }
            streams[stream]?.fields = []
            events.append(
                status == 0
                    ? .trailers(stream: stream, fields) : .head(stream: stream, status: status, fields: fields))
            if header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 { end(stream) }
        case NGHTTP2_DATA.rawValue:
            if header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 { end(stream) }
        case NGHTTP2_RST_STREAM.rawValue: streams[stream]?.isReset = true
        case NGHTTP2_SETTINGS.rawValue where header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0:
            hasSettings = true
            events.append(.settings)
        case NGHTTP2_GOAWAY.rawValue:
            let text = String(decoding: Self.debug(frame.goaway), as: UTF8.self)
            let code = HTTP2ErrorCode(rawValue: frame.goaway.error_code)
            events.append(.goAway(last: frame.goaway.last_stream_id, HTTP2Failure(code, text)))
        default: break
        }
    }

    private func end(_ stream: Int32) {
        guard streams[stream] != nil else { return }
        streams[stream]?.isEnded = true
        events.append(.ended(stream: stream))
    }

    fileprivate func received(_ bytes: UnsafeBufferPointer<UInt8>, on stream: Int32) {
        // Data of a canceled stream counts for the connection's window.
        events.append(.data(stream: stream, Array(bytes)))
    }

    fileprivate func rejected(_ frame: nghttp2_frame, _ error: Int32) {
        let reason = message.isEmpty ? Self.text(of: error) : message
        show(frame.hd, .invalid(reason))
        if streams[frame.hd.stream_id]?.message.isEmpty == true { streams[frame.hd.stream_id]?.message = reason }
        message = ""
    }

    /// A stream was closed; the code is the one of RST_STREAM, or REFUSED_STREAM after GOAWAY.
    fileprivate func closed(_ identifier: Int32, _ code: UInt32) {
        guard let stream = streams.removeValue(forKey: identifier), !stream.isEnded else { return }
        var failure = HTTP2Failure(HTTP2ErrorCode(rawValue: code), stream.message)
        if !stream.isReset, failure.message.isEmpty, failure.code != .refusedStream {
            failure.message = "in \(HTTP2Frame.name(of: lastType))"
        }
        events.append(.reset(stream: identifier, failure, byServer: stream.isReset))
    }

    // MARK: Sending

    fileprivate func sent(_ frame: nghttp2_frame) {
        show(frame.hd, isOutbound: true, contents(frame, isOutbound: true))
        if frame.hd.type <= NGHTTP2_HEADERS.rawValue { progress(8) }
        if frame.hd.type == NGHTTP2_GOAWAY.rawValue, frame.goaway.error_code != 0, failure == nil {
            let code = HTTP2ErrorCode(rawValue: frame.goaway.error_code)
            let reason = String(decoding: Self.debug(frame.goaway), as: UTF8.self)
            failure = HTTP2Failure(code, reason.isEmpty ? "in \(HTTP2Frame.name(of: lastType))" : reason)
        }
    }

    /// A request that was waiting when the server sent GOAWAY.
    fileprivate func notSent(_ frame: nghttp2_frame) {
        if frame.hd.type == NGHTTP2_HEADERS.rawValue {
            closed(frame.hd.stream_id, HTTP2ErrorCode.refusedStream.rawValue)
        }
    }

    fileprivate func read(
        _ stream: Int32, _ buffer: UnsafeMutablePointer<UInt8>?, _ length: Int, _ flags: UnsafeMutablePointer<UInt32>?
    ) -> Int {
        guard let buffer, let current = streams[stream] else { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
        let piece = current.body.prefix(length)
        guard !piece.isEmpty || current.hasWholeBody else { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
        _ = UnsafeMutableBufferPointer(start: buffer, count: length).update(fromContentsOf: piece)
        streams[stream]?.body.removeFirst(piece.count)
        if current.hasWholeBody, piece.count == current.body.count {
            flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
        }
        return piece.count
    }

    // MARK: Callbacks

    static let readBody: nghttp2_data_source_read_callback = { _, stream, buffer, length, flags, _, user in
        state(user)?.read(stream, buffer, length, flags) ?? Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
    }

    static func setCallbacks(_ callbacks: OpaquePointer?) {
        nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks) { _, header, user in
            header.map { state(user)?.begins($0.pointee) ?? 0 } ?? 0
        }
        // The contents of unknown frames are ignored.
        nghttp2_session_callbacks_set_unpack_extension_callback(callbacks) { _, _, _, _ in
            NGHTTP2_ERR_CANCEL.rawValue
        }
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { _, frame, user in
            if let frame { state(user)?.beginsHead(frame.pointee) }
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            session, frame, name, nameLength, value, valueLength, _, user in
            guard let frame, let current = state(user) else { return 0 }
            return current.received(
                frame.pointee, UnsafeBufferPointer(start: name, count: nameLength),
                UnsafeBufferPointer(start: value, count: valueLength), session)
        }
        // Fields that the library would ignore are shown as received.
        nghttp2_session_callbacks_set_on_invalid_header_callback(callbacks) {
            session, frame, name, nameLength, value, valueLength, _, user in
            guard let frame, let current = state(user) else { return 0 }
            return current.received(
                frame.pointee, UnsafeBufferPointer(start: name, count: nameLength),
                UnsafeBufferPointer(start: value, count: valueLength), session)
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, user in
            if let frame { state(user)?.received(frame.pointee) }
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, bytes, count, user in
            state(user)?.received(UnsafeBufferPointer(start: bytes, count: count), on: stream)
            return 0
        }
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) { _, frame, error, user in
            if let frame { state(user)?.rejected(frame.pointee, error) }
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, code, user in
            state(user)?.closed(stream, code)
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { _, frame, user in
            if let frame { state(user)?.sent(frame.pointee) }
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks) { _, frame, _, user in
            if let frame { state(user)?.notSent(frame.pointee) }
            return 0
        }
        nghttp2_session_callbacks_set_error_callback2(callbacks) { _, _, text, count, user in
            let bytes = UnsafeRawBufferPointer(start: text, count: count)
            state(user)?.message = String(decoding: bytes.prefix(512), as: UTF8.self)
            return 0
        }
    }
}

/// The state of the session that calls back; C functions cannot capture it.
private func state(_ user: UnsafeMutableRawPointer?) -> HTTP2SessionState? {
    user.map { Unmanaged<HTTP2SessionState>.fromOpaque($0).takeUnretainedValue() }
}
