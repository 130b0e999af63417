import SwiftNet

/// Every field of a packet.
struct ExplanationRow: Encodable {
    struct Layer: Encodable {
        var layer: String
        @IfTrue var quoted: Bool
        var fields: [Field]
    }

    struct Field: Encodable {
        var offset: Int
        /// In hexadecimal.
        var bytes: String
        var name: String
        var meaning: String
    }

    var layers: [Layer]
    var problems: [String]

    init(_ explanation: Explanation, of packet: RawSpan) {
        layers = explanation.sections.map { section in
            let fields = section.fields.map { field in
                Field(
                    offset: field.offset, bytes: Explanation.hexadecimal(packet, field, limit: .max), name: field.name,
                    meaning: field.meaning)
            }
            return Layer(layer: section.layer.description, quoted: section.isQuoted, fields: fields)
        }
        problems = explanation.problems
    }
}
