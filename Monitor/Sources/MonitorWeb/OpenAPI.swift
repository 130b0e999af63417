import MonitorCore

/// The description of the interface (OpenAPI 3.1).
enum OpenAPI {
    static func document(version: String) -> JSON {
        .object([
            ("openapi", .string("3.1.0")),
            (
                "info",
                .object([
                    ("title", .string("swift-net monitor")), ("version", .string(version)),
                    ("description", .string("What is watched, what happened, and how it was. Read only.")),
                ])
            ),
            (
                "paths",
                .object([
                    ("/api/v1/targets", get("The targets, and how they are now.", [], schema: "Targets")),
                    (
                        "/api/v1/events",
                        get(
                            "What happened, the newest first.",
                            [
                                parameter("target", "The number of a target.", integer),
                                parameter("from", "Events that lasted after this time.", string),
                                parameter("to", "Events that began before this time.", string),
                                parameter("limit", "The largest number of events: 1 to 10,000; 200.", integer),
                            ], schema: "Events")
                    ),
                    (
                        "/api/v1/series",
                        get(
                            "The history of a target.",
                            [
                                parameter("target", "The number of a target.", integer, isRequired: true),
                                parameter("from", "The beginning; 6 hours before the end.", string),
                                parameter("to", "The end; now.", string),
                                parameter("points", "The largest number of points: 10 to 2,000; 300.", integer),
                                parameter("format", "json or csv; json.", string),
                            ], schema: "Series")
                    ),
                ])
            ),
            ("components", .object([("schemas", schemas)])),
        ])
    }

    private static var schemas: JSON {
        .object([
            (
                "Targets",
                object([("time", string), ("version", string), ("store", anything), ("targets", list("Target"))])
            ),
            (
                "Target",
                object([
                    ("id", integer), ("name", string), ("check", one(of: Check.Kind.allCases.map(\.rawValue))),
                    ("target", string), ("address", optional("string")), ("interval_ms", number), ("tags", anything),
                    ("behind", optional("string")), ("silent_until", optional("string")),
                    ("state", one(of: TargetState.Status.allCases.map(\.rawValue))), ("since", optional("string")),
                    ("reason", optional("string")), ("transmitted", integer), ("received", integer), ("late", integer),
                    ("skipped", integer), ("last", optional("object")), ("recent", anything), ("strip", string),
                    ("strip_end", string), ("http", optional("object")),
                ])
            ),
            ("Events", object([("events", list("Event"))])),
            (
                "Event",
                object([
                    ("id", integer), ("target", optional("integer")), ("name", optional("string")),
                    ("kind", one(of: EventRecord.Kind.allCases.map(\.rawValue))), ("start", string),
                    ("end", optional("string")), ("reason", optional("string")),
                ])
            ),
            (
                "Series",
                object([
                    ("target", integer), ("from", string), ("to", string), ("step_ms", number),
                    ("source", one(of: ["samples", "minutes", "hours"])),
                    ("columns", .object([("type", .string("array")), ("items", string)])),
                    (
                        "points",
                        .object([
                            ("type", .string("array")), ("items", .object([("type", .string("array"))])),
                        ])
                    ),
                ])
            ),
            ("Error", object([("type", string), ("message", string)])),
        ])
    }

    // MARK: Parts

    private static let string = JSON.object([("type", .string("string"))])
    private static let integer = JSON.object([("type", .string("integer"))])
    private static let number = JSON.object([("type", .string("number"))])
    private static let anything = JSON.object([("type", .string("object"))])

    private static func optional(_ type: String) -> JSON {
        .object([("type", .array([.string(type), .string("null")]))])
    }

    private static func one(of values: [String]) -> JSON {
        .object([("type", .string("string")), ("enum", .array(values.map { .string($0) }))])
    }

    private static func reference(_ name: String) -> JSON {
        .object([("$ref", .string("#/components/schemas/" + name))])
    }

    private static func list(_ name: String) -> JSON {
        .object([("type", .string("array")), ("items", reference(name))])
    }

    private static func object(_ fields: [(String, JSON)]) -> JSON {
        .object([
            ("type", .string("object")), ("properties", .object(fields)),
            ("required", .array(fields.map { .string($0.0) })),
        ])
    }

    private static func parameter(_ name: String, _ text: String, _ schema: JSON, isRequired: Bool = false) -> JSON {
        .object([
            ("name", .string(name)), ("in", .string("query")), ("required", .bool(isRequired)),
            ("description", .string(text)), ("schema", schema),
        ])
    }

    private static func get(_ summary: String, _ parameters: [JSON], schema: String) -> JSON {
        func response(_ text: String, _ name: String) -> JSON {
            .object([
                ("description", .string(text)),
                ("content", .object([("application/json", .object([("schema", reference(name))]))])),
            ])
        }
        return .object([
            (
                "get",
                .object([
                    ("summary", .string(summary)), ("parameters", .array(parameters)),
                    (
                        "responses",
                        .object([
                            ("200", response("The answer.", schema)),
                            ("400", response("A parameter is wrong.", "Error")),
                            (
                                "401",
                                .object([("description", .string("A token is needed (Authorization: Bearer TOKEN)."))])
                            ), ("500", response("The database cannot be read.", "Error")),
                        ])
                    ),
                ])
            )
        ])
    }
}
