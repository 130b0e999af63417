import SwiftNetHTTP2
import Testing
import WireFormat

/// Frames of a server that violates the protocol or wants to exhaust the client: bounded memory, and an error with the
/// name of its code.
@Suite struct HostileServerTests {
    private static func frame(
        _ type: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ payload: [UInt8] = []
    ) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
            + (0..<4).map { UInt8(truncatingIfNeeded: stream >> (24 - 8 * UInt32($0))) } + payload
    }

    private static let settings = frame(4)
    /// `:status: 200` of the static table.
    private static let ok: [UInt8] = [0x88]

    /// A session with one request, after the server's SETTINGS.
    private static func session() throws -> HTTP2Session {
        var session = try HTTP2Session()
        _ = try session.submit(HTTP2SessionTests.get)
        try session.receive((settings + frame(4, 1)).span.bytes)
        session.drain { _ in }
        _ = session.takeOutput()
        return session
    }

    /// The failure of a connection to which bytes are sent again and again; nil if it stays open.
    private static func failure(of bytes: [UInt8], times: Int = 1) throws -> String? {
        var session = try session()
        for _ in 0..<times {
            do throws(HTTP2Failure) {
                try session.receive(bytes.span.bytes)
            } catch {
                // The connection ends with GOAWAY, and stays closed.
                #expect(session.takeOutput().suffix(1024).count >= 17)
                #expect(throws: HTTP2Failure.self) { try session.receive(settings.span.bytes) }
                return "\(error)"
            }
            session.drain { _ in }
            _ = session.takeOutput()
        }
        return nil
    }

    /// The events of a connection that receives bytes.
    private static func events(of bytes: [UInt8]) throws -> [HTTP2Event] {
        var session = try session()
        try session.receive(bytes.span.bytes)
        var events: [HTTP2Event] = []
        session.drain { events.append($0) }
        return events
    }

    @Test func anHTTP1ServerIsRecognized() throws {
        var session = try HTTP2Session()
        let answer = Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
        #expect(throws: HTTP2Failure.self) { try session.receive(answer.span.bytes) }
    }

    @Test(arguments: [
        (frame(0, 0, 0, [1]), "PROTOCOL_ERROR: DATA: stream_id == 0"),
        (frame(1, 4, 0, ok), "PROTOCOL_ERROR"),
        (frame(1, 4, 2, ok), "PROTOCOL_ERROR"),
        (frame(1, 4, 5, ok), "PROTOCOL_ERROR"),
        (frame(3, 0, 1, [0]), "FRAME_SIZE_ERROR"),
        (frame(3, 0, 0, [0, 0, 0, 0]), "PROTOCOL_ERROR"),
        (frame(3, 0, 9, [0, 0, 0, 0]), "PROTOCOL_ERROR"),
        (frame(4, 0, 1), "PROTOCOL_ERROR"),
        (frame(4, 1, 0, [0, 1, 0, 0, 0, 0]), "FRAME_SIZE_ERROR"),
        (frame(4, 0, 0, [0]), "FRAME_SIZE_ERROR"),
        (frame(4, 0, 0, [0, 4, 0x80, 0, 0, 0]), "FLOW_CONTROL_ERROR"),
        (frame(4, 0, 0, [0, 5, 0, 0, 0, 1]), "PROTOCOL_ERROR"),
        (frame(4, 0, 0, [0, 2, 0, 0, 0, 2]), "PROTOCOL_ERROR"),
        (frame(5, 4, 1, [0, 0, 0, 2] + ok), "PROTOCOL_ERROR"),
        (frame(6, 0, 0, [1]), "FRAME_SIZE_ERROR"),
        (frame(6, 0, 1, [1, 2, 3, 4, 5, 6, 7, 8]), "PROTOCOL_ERROR"),
        (frame(7, 0, 0, [1]), "FRAME_SIZE_ERROR"),
        (frame(7, 0, 1, [0, 0, 0, 0, 0, 0, 0, 0]), "PROTOCOL_ERROR"),
        (frame(8, 0, 0, [0, 0, 0, 0]), "PROTOCOL_ERROR"),
        (frame(8, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF]), "FLOW_CONTROL_ERROR"),
        (frame(9, 4, 1, ok), "PROTOCOL_ERROR"),
        (frame(1, 0, 1, ok) + frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), "PROTOCOL_ERROR"),
        (frame(1, 4, 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), "COMPRESSION_ERROR"),
        (frame(1, 4, 1, [0xBF]), "COMPRESSION_ERROR"),
        (frame(0, 0, 1, [1]), "PROTOCOL_ERROR"),
        ([0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1], "FRAME_SIZE_ERROR"),
    ])
    func aFrameThatEndsTheConnection(_ bytes: [UInt8], _ expected: String) throws {
        let failure = try Self.failure(of: bytes)
        #expect(failure?.hasPrefix(expected) == true, "\(String(describing: failure))")
    }

    @Test func aResponseWithoutStatusResetsItsStream() throws {
        let events = try Self.events(of: Self.frame(1, 4, 1, [0x0F, 0x27, 1, 0x78]))
        guard case .reset(1, let failure, byServer: false)? = events.last else {
            Issue.record("\(events)")
            return
        }
        #expect(failure.code == .protocolError)
        #expect(failure.message == "Violation in HTTP messaging rule")
    }

    @Test func dataBeyondContentLengthResetsItsStream() throws {
        let head = Self.ok + [0x0F, 0x0D, 1, 0x31]
        let events = try Self.events(of: Self.frame(1, 4, 1, head) + Self.frame(0, 1, 1, [1, 2]))
        #expect(
            events.contains {
                if case .reset(1, let failure, false) = $0 { failure.code == .protocolError } else { false }
            })
    }

    @Test func dataAfterTheEndIsIgnored() throws {
        let response = Self.frame(1, 4, 1, Self.ok) + Self.frame(0, 1, 1, [1])
        let events = try Self.events(of: response + Self.frame(0, 1, 1, [2]))
        #expect(events.last == .ended(stream: 1))
    }

    @Test func aResetAfterTheResponseIsNoFailure() throws {
        let response = Self.frame(1, 5, 1, Self.ok) + Self.frame(3, 0, 1, [0, 0, 0, 0])
        #expect(try Self.events(of: response).last == .ended(stream: 1))
    }

    @Test func dataBeyondTheWindow() throws {
        var session = try Self.session()
        try session.receive(Self.frame(1, 4, 1, Self.ok).span.bytes)
        let data = Self.frame(0, 0, 1, [UInt8](repeating: 0, count: 16_384))
        var failure: HTTP2Failure?
        var count = 0
        // Nothing is taken, so the window stays closed.
        while failure == nil, count < 2_000 {
            count += 1
            do throws(HTTP2Failure) { try session.receive(data.span.bytes) } catch { failure = error }
            if session.streamCount == 0 { break }
        }
        // 8 MiB of the stream; then it is reset.
        #expect(count == 513)
        #expect(failure == nil)
        var last: HTTP2Event?
        session.drain { last = $0 }
        guard case .reset(1, let reset, byServer: false)? = last else {
            Issue.record("\(String(describing: last))")
            return
        }
        #expect("\(reset)" == "FLOW_CONTROL_ERROR: in DATA")
    }

    @Test func continuationFlood() throws {
        let flood = Self.frame(1, 0, 1, Self.ok) + (0..<100).flatMap { _ in Self.frame(9, 0, 1) }
        let failure = try Self.failure(of: flood)
        #expect(failure == "PROTOCOL_ERROR: Too many CONTINUATION frames following a HEADER frame", "\(failure ?? "")")
    }

    @Test func compressionBomb() throws {
        // A field of 4,000 bytes enters the table; each further byte repeats it.
        let long = [0x40, 1, 0x78, 0x7F, 0xA1 - 0x20, 0x1E] + [UInt8](repeating: 0x61, count: 4_000)
        let bomb = Self.ok + long + [UInt8](repeating: 0xBE, count: 12_000)
        let events = try Self.events(of: Self.frame(1, 4, 1, bomb))
        #expect(
            events == [
                .reset(
                    stream: 1, HTTP2Failure(.enhanceYourCalm, "the fields are longer than 262144 bytes"),
                    byServer: false)
            ])
    }

    @Test(arguments: [
        frame(6, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]), settings, frame(2, 0, 1, [0, 0, 0, 0, 0]),
        frame(8, 0, 1, [0, 0, 0, 1]), frame(0x55, 0, 0), frame(0x55, 0, 1, [1, 2, 3]),
    ])
    func aFloodOfFramesWithoutProgress(_ frame: [UInt8]) throws {
        let flood = [[UInt8]](repeating: frame, count: 100).flatMap(\.self)
        #expect(
            try Self.failure(of: flood, times: 100) == "ENHANCE_YOUR_CALM: too many frames without a response")
    }

    @Test func emptyDataFlood() throws {
        var session = try Self.session()
        try session.receive(Self.frame(1, 4, 1, Self.ok).span.bytes)
        var failure: HTTP2Failure?
        for _ in 0..<3_000 where failure == nil {
            do throws(HTTP2Failure) { try session.receive(Self.frame(0, 0, 1).span.bytes) } catch { failure = error }
        }
        #expect(failure?.code == .enhanceYourCalm)
    }

    @Test func interimFlood() throws {
        var session = try Self.session()
        let interim = Self.frame(1, 4, 1, [0x08, 3, 0x31, 0x30, 0x33])
        var events: [HTTP2Event] = []
        for _ in 0..<10_000 where session.streamCount > 0 {
            try session.receive(interim.span.bytes)
            session.drain { events.append($0) }
        }
        #expect(session.streamCount == 0)
        #expect(events.count < 8_000)
    }

    @Test func hugeSettings() throws {
        let many = (0..<100).flatMap { _ in [0, 3, 0, 0, 0, 1] as [UInt8] }
        #expect(
            try Self.failure(of: Self.frame(4, 0, 0, many)) == "ENHANCE_YOUR_CALM: SETTINGS: too many setting entries")
    }

    @Test func goAwayWithStreamsOpen() throws {
        let goAway = Self.frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0x0D] + Array("use 1.1".utf8))
        #expect(
            try Self.events(of: goAway) == [
                .goAway(last: 0, HTTP2Failure(.http11Required, "use 1.1")),
                .reset(stream: 1, HTTP2Failure(.refusedStream), byServer: false),
            ])
    }

    /// A server that resets each stream as soon as it is opened.
    @Test func rapidReset() throws {
        var session = try HTTP2Session()
        try session.receive(Self.settings.span.bytes)
        for _ in 0..<5_000 {
            let stream = try session.submit(HTTP2SessionTests.get)
            try session.receive(Self.frame(3, 0, UInt32(stream), [0, 0, 0, 8]).span.bytes)
            var events: [HTTP2Event] = []
            session.drain { events.append($0) }
            #expect(events.last == .reset(stream: stream, HTTP2Failure(.cancel), byServer: true))
            _ = session.takeOutput()
            if events.isEmpty { break }
        }
        #expect(session.streamCount == 0)
    }

    /// Every type with every flag in every state, cut at each length.
    @Test func framesOfEveryTypeInEveryState() throws {
        let prologues: [[UInt8]] = [
            [], Self.frame(1, 4, 1, Self.ok), Self.frame(1, 5, 1, Self.ok), Self.frame(1, 0, 1, Self.ok),
            Self.frame(3, 0, 1, [0, 0, 0, 8]), Self.frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0]),
        ]
        let payload = Self.ok + [UInt8](repeating: 0, count: 40)
        var failures = 0
        for prologue in prologues {
            for type in 0..<18 as Range<UInt8> {
                for flags in [0, 1, 4, 5, 8, 0x20, 0xFF] as [UInt8] {
                    for stream in [0, 1, 2, 3, 0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32] {
                        for length in [0, 1, 4, 5, 6, 8, 24, 41] {
                            var session = try Self.session()
                            let bytes = prologue + Self.frame(type, flags, stream, Array(payload.prefix(length)))
                            do throws(HTTP2Failure) {
                                try session.receive(bytes.span.bytes)
                            } catch {
                                failures += 1
                                #expect(!"\(error.code)".hasPrefix("0x"))
                                #expect(!error.message.isEmpty)
                            }
                            session.drain { _ in }
                            #expect(session.takeOutput().count < 1_000)
                        }
                    }
                }
            }
        }
        #expect(failures > 1_000)
    }
}
