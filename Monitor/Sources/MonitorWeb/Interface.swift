import Hummingbird
import MonitorCore
import MonitorStore
import NIOCore
import SwiftNet

/// The interface for programs, which the page uses too.
extension WebServer {
    func addInterface(to router: Router<BasicRequestContext>) {
        router.get("/api/v1/targets") { _, _ in targets() }
        router.get("/api/v1/events") { request, _ in answer { try events(Query(request.uri.query ?? "")) } }
        router.get("/api/v1/series") { request, _ in answer { try series(Query(request.uri.query ?? "")) } }
        router.get("/api/v1/openapi.json") { _, _ in Self.response(OpenAPI.document(version: version)) }
        router.get("/api/v1/stream") { _, _ in stream() }
        router.get("/chart.svg") { request, _ in answer { try chart(Query(request.uri.query ?? "")) } }
    }

    /// A mistake in the question, or a database that cannot be read, as an answer.
    private func answer(_ body: () throws -> Response) -> Response {
        do { return try body() } catch let problem as Query.Problem {
            return .error(problem.description, .badRequest)
        } catch let failure as Store.Failure {
            return .error(failure.description, .internalServerError)
        } catch {
            return .error("\(error)", .internalServerError)
        }
    }

    private func targets() -> Response {
        let (state, now) = (recorder.snapshot, clock())
        return Self.response(
            .object([
                ("time", .time(now)), ("version", .string(version)), ("store", recorder.storeStatus.json),
                ("targets", .array(state.targets.map { $0.json(now: now) })),
            ]))
    }

    private func events(_ query: Query) throws -> Response {
        let wanted = EventQuery(
            target: try query.integer("target", in: 0...Int64.max), from: try query.time("from"),
            to: try query.time("to"), limit: Int(try query.integer("limit", in: 1...10_000) ?? 200))
        let state = recorder.snapshot
        let events = try recorder.events(wanted).map { event in
            event.json(name: event.target.flatMap { state.target($0)?.check.name })
        }
        return Self.response(.object([("events", .array(events))]))
    }

    /// The part of history that a query asks for: at most two years.
    private func series(
        _ query: Query, points: Int64
    ) throws -> (series: Series, target: TargetState) {
        let now = clock()
        guard let id = try query.integer("target", in: 0...Int64.max) else {
            throw Query.Problem(description: "target: expected the number of a target")
        }
        let to = try query.time("to") ?? now
        let from = try query.time("from") ?? to - .seconds(6 * 3_600)
        guard from < to else { throw Query.Problem(description: "from: expected a time before that of 'to'") }
        guard to - from <= .seconds(2 * 366 * 86_400), from.nanoseconds > -1 << 60, to.nanoseconds < 1 << 62 else {
            throw Query.Problem(description: "from: expected at most two years before 'to'")
        }
        guard let state = recorder.target(id),
            let series = try recorder.series(
                of: id, from: from, to: to, count: Int(points), now: now, retention: retention)
        else { throw Query.Problem(description: "target: there is no target \(id)") }
        return (series, state)
    }

    private func series(_ query: Query) throws -> Response {
        let limits = Int64(Series.counts.lowerBound)...Int64(Series.counts.upperBound)
        let (series, target) = try series(query, points: try query.integer("points", in: limits) ?? 300)
        switch query["format"] {
        case nil, "json": return Self.response(series.json(target: target.id))
        case "csv":
            var response = Self.response(Array(series.csv.utf8), "text/csv; charset=utf-8")
            response.headers[.contentDisposition] = "attachment; filename=\"series-\(target.id).csv\""
            return response
        default: throw Query.Problem(description: "format: expected json or csv")
        }
    }

    private func chart(_ query: Query) throws -> Response {
        let width = Int(try query.integer("width", in: 100...4_000) ?? 960)
        let height = Int(try query.integer("height", in: 100...2_000) ?? 320)
        let zone = Int(try query.integer("zone", in: -50_400...50_400) ?? 0)
        let (series, target) = try series(query, points: Int64(max(width / 3, 100)))
        let events = try recorder.events(
            EventQuery(target: target.id, from: series.from, to: series.to, limit: 1_000))
        let chart = Chart(
            series, events: events, name: target.check.name, width: width, height: height, zone: zone)
        return Self.response(Array(chart.svg.utf8), "image/svg+xml")
    }

    // MARK: The stream

    /// Server-sent events, until the reader goes.
    private func stream() -> Response {
        guard let updates = recorder.updates() else { return .error("there are too many readers", .serviceUnavailable) }
        let (recorder, clock) = (recorder, clock)
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                try await writer.write(Self.message("status", Self.status(recorder.snapshot, clock())))
                for await update in updates {
                    switch update {
                    case .status:
                        try await writer.write(Self.message("status", Self.status(recorder.snapshot, clock())))
                    case .change(let change, let name):
                        try await writer.write(Self.message("event", change.event.json(name: name)))
                    }
                }
                try await writer.finish(nil)
            })
    }

    private static func status(_ state: MonitorState, _ now: WallTime) -> JSON {
        .object([("time", .time(now)), ("targets", .array(state.targets.map(\.update)))])
    }

    private static func message(_ name: String, _ data: JSON) -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(name)\ndata: ")
        buffer.writeBytes(data.bytes)
        buffer.writeString("\n\n")
        return buffer
    }
}

extension Response {
    static func error(_ message: String, _ status: HTTPResponse.Status) -> Response {
        var response = WebServer.response(.object([("type", .string("error")), ("message", .string(message))]))
        response.status = status
        return response
    }
}
