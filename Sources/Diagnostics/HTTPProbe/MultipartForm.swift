import WireFormat

/// A form with files, as the body of a request (multipart/form-data, RFC 7578).
public struct MultipartForm: Sendable {
    /// A field of the form.
    public struct Part: Sendable {
        /// The name of the field; empty for a part without a name.
        public var name: String
        /// The file name to send; nil for a field without a file.
        public var fileName: String?
        /// The media type; nil for none.
        public var contentType: String?
        public var content: [UInt8]

        public init(name: String, fileName: String? = nil, contentType: String? = nil, content: [UInt8]) {
            self.name = name
            self.fileName = fileName
            self.contentType = contentType
            self.content = content
        }
    }

    public var parts: [Part]

    public init(_ parts: [Part]) { self.parts = parts }

    /// Returns the value of Content-Type, and the body.
    /// - Parameter seed: random bits for the boundary, which must not occur in any part (RFC 2046, section 5.1.1).
    public func encoded(seed: UInt64) -> (contentType: String, body: [UInt8]) {
        let number = String(seed, radix: 16)
        let boundary = String(repeating: "-", count: 24) + String(repeating: "0", count: 16 - number.count) + number
        var body: [UInt8] = []
        for part in parts {
            var head = "--\(boundary)\r\nContent-Disposition: form-data"
            if !part.name.isEmpty { head += "; name=\"\(Self.quoted(part.name))\"" }
            if let name = part.fileName { head += "; filename=\"\(Self.quoted(name))\"" }
            if let type = part.contentType { head += "\r\nContent-Type: \(type)" }
            body += Array("\(head)\r\n\r\n".utf8) + part.content + [13, 10]
        }
        body += "--\(boundary)--\r\n".utf8
        return ("multipart/form-data; boundary=\(boundary)", body)
    }

    /// Escapes a name as browsers do (HTML, section 4.10.21.8).
    private static func quoted(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "%22"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Returns the media type of a file by its extension, as curl does.
    public static func contentType(ofFile name: String) -> String {
        let types = [
            "gif": "image/gif", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "svg": "image/svg+xml",
            "txt": "text/plain", "htm": "text/html", "html": "text/html", "pdf": "application/pdf",
            "xml": "application/xml",
        ]
        let suffix = name.split(separator: ".").dropFirst().last.map { $0.lowercased() }
        return suffix.flatMap { types[$0] } ?? "application/octet-stream"
    }
}
