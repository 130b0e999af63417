import SwiftNetHTTP2
import Testing
import WireFormat

/// A session against the library's own server.
@Suite struct HTTP2SessionTests {
    static let get = [
        field(":method", "GET"), field(":scheme", "https"), field(":authority", "server.example"), field(":path", "/"),
    ]

    /// Exchanges bytes until neither side has any, and returns the client's events.
    static func run(_ session: inout HTTP2Session, _ server: HTTP2Server) throws -> [HTTP2Event] {
        var events: [HTTP2Event] = []
        while true {
            let request = session.takeOutput()
            if !request.isEmpty { try #require(server.receive(request)) }
            let response = server.takeOutput()
            if !response.isEmpty { try session.receive(response.span.bytes) }
            session.drain { events.append($0) }
            if request.isEmpty, response.isEmpty { return events }
        }
    }

    static func field(_ name: String, _ value: String) -> HTTPField {
        HTTPField(name: Array(name.utf8), value: Array(value.utf8))
    }

    @Test func theFirstOutputIsThePrefaceAndSettings() throws {
        var session = try HTTP2Session()
        let output = session.takeOutput()
        #expect(output.starts(with: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
        #expect(output.dropFirst(24).prefix(9).elementsEqual([0, 0, 18, 4, 0, 0, 0, 0, 0]))
        #expect(session.acceptsRequests == true)
        #expect(session.takeOutput().isEmpty)
    }

    @Test func aResponseWithInterimOnesAndTrailers() throws {
        var session = try HTTP2Session()
        let server = HTTP2Server(maximumStreams: 7)
        server.response.interim = [103]
        server.response.trailers = [("grpc-status", "0")]
        let stream = try session.submit(Self.get + [Self.field("user-agent", "x")])
        let events = try Self.run(&session, server)
        #expect(
            events == [
                .settings,
                .head(stream: stream, status: 103, fields: []),
                .head(stream: stream, status: 200, fields: [Self.field("server", "test")]),
                .data(stream: stream, Array("hello".utf8)),
                .trailers(stream: stream, [Self.field("grpc-status", "0")]),
                .ended(stream: stream),
            ])
        let request = try #require(server.requests[stream])
        #expect(request.map(\.0) == [":method", ":scheme", ":authority", ":path", "user-agent"])
        #expect(session.maximumConcurrentStreams == 7)
        #expect(session.streamCount == 0)
    }

    @Test func bodiesAreSentThroughSmallWindows() throws {
        var session = try HTTP2Session()
        let server = HTTP2Server(window: 100)
        let body = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let whole = try session.submit(Self.get, body: body)
        let held = try session.submit(Self.get, endsStream: false)
        var events = try Self.run(&session, server)
        #expect(server.bodies[whole] == body)
        #expect(server.bodies[held] == nil)
        session.send(body, on: held)
        events += try Self.run(&session, server)
        #expect(server.bodies[held] == body)
        #expect(events.contains(.ended(stream: held)))
    }

    @Test func aLargeBodyPassesTheWindowsAsItIsTaken() throws {
        var session = try HTTP2Session()
        let server = HTTP2Server()
        server.response.body = [UInt8](repeating: 7, count: 40 << 20)
        let stream = try session.submit(Self.get)
        _ = server.receive(session.takeOutput())
        // Without `drain` the server stops at the window of the stream.
        for _ in 0..<2 { try session.receive(server.takeOutput().span.bytes) }
        _ = server.receive(session.takeOutput())
        #expect(server.takeOutput().isEmpty)
        var count = 0
        session.drain { if case .data(stream, let bytes) = $0 { count += bytes.count } }
        #expect(count == 8 << 20)
        for event in try Self.run(&session, server) {
            if case .data(stream, let bytes) = event { count += bytes.count }
        }
        #expect(count == 40 << 20)
    }

    @Test func requestsBeyondTheServersLimitWait() throws {
        var session = try HTTP2Session()
        let server = HTTP2Server(maximumStreams: 2)
        server.answers = false
        _ = try Self.run(&session, server)
        let streams = try (0..<5).map { _ in try session.submit(Self.get) }
        _ = try Self.run(&session, server)
        #expect(Set(server.requests.keys) == Set(streams.prefix(2)))
        server.answers = true
        for stream in streams.prefix(2) { server.answer(stream) }
        let events = try Self.run(&session, server)
        #expect(streams.allSatisfy { events.contains(.ended(stream: $0)) })
    }

    @Test func resetsAreReportedWithTheirCodes() throws {
        var session = try HTTP2Session()
        let server = HTTP2Server()
        server.answers = false
        let streams = try (0..<2).map { _ in try session.submit(Self.get) }
        _ = try Self.run(&session, server)
        server.reset(streams[0], 7)
        server.reset(streams[1], 0x1234)
        let events = try Self.run(&session, server)
        #expect(events.contains(.reset(stream: streams[0], HTTP2Failure(.refusedStream), byServer: true)))
        #expect(
            events.contains(
                .reset(stream: streams[1], HTTP2Failure(HTTP2ErrorCode(rawValue: 0x1234)), byServer: true)))
        #expect("\(HTTP2ErrorCode(rawValue: 0x1234)) \(HTTP2ErrorCode.refusedStream)" == "0x1234 REFUSED_STREAM")
    }

    @Test func goAwayRefusesTheStreamsAfterTheLast() throws {
        var session = try HTTP2Session()
        let server = HTTP2Server(maximumStreams: 2)
        server.answers = false
        _ = try Self.run(&session, server)
        let streams = try (0..<3).map { _ in try session.submit(Self.get) }
        _ = try Self.run(&session, server)
        server.goAway(last: streams[0], 11, "be calm")
        server.answer(streams[0])
        let events = try Self.run(&session, server)
        #expect(events.contains(.goAway(last: streams[0], HTTP2Failure(.enhanceYourCalm, "be calm"))))
        #expect(events.contains(.ended(stream: streams[0])))
        // The second was sent, the third was waiting.
        for stream in streams.dropFirst() {
            #expect(events.contains(.reset(stream: stream, HTTP2Failure(.refusedStream), byServer: false)))
        }
        #expect(session.acceptsRequests == false)
        #expect(throws: HTTP2Failure.self) { try session.submit(Self.get) }
        #expect(session.streamCount == 0)
    }

    @Test func canceledStreamsReportNothingMore() throws {
        var session = try HTTP2Session()
        let server = HTTP2Server()
        let stream = try session.submit(Self.get)
        _ = server.receive(session.takeOutput())
        session.cancel(stream)
        let events = try Self.run(&session, server)
        #expect(server.resets[stream] == 8)
        #expect(!events.contains { if case .head = $0 { true } else { false } })
        session.close()
        _ = try Self.run(&session, server)
        #expect(session.acceptsRequests == false)
    }

    @Test func framesAreReportedWhenAskedFor() throws {
        var configuration = HTTP2Configuration()
        configuration.reportsFrames = true
        var session = try HTTP2Session(configuration)
        let stream = try session.submit(Self.get)
        let server = HTTP2Server(maximumStreams: 9)
        let frames = try Self.run(&session, server).compactMap { event -> String? in
            if case .frame(let frame) = event { (frame.isOutbound ? "> " : "< ") + "\(frame)" } else { nil }
        }
        #expect(
            frames == [
                "> SETTINGS, 18 bytes: ENABLE_PUSH=0 INITIAL_WINDOW_SIZE=8388608"
                    + " MAX_HEADER_LIST_SIZE=262144",
                "> WINDOW_UPDATE, 4 bytes: 16711681",
                "> HEADERS stream \(stream), 15 bytes, END_STREAM, END_HEADERS",
                "< SETTINGS, 12 bytes: MAX_CONCURRENT_STREAMS=9 INITIAL_WINDOW_SIZE=65535",
                "< SETTINGS, 0 bytes, ACK",
                "< HEADERS stream \(stream), 6 bytes, END_HEADERS",
                "< DATA stream \(stream), 5 bytes, END_STREAM",
                "> SETTINGS, 0 bytes, ACK",
            ])
    }
}
