import HostStack
import WireFormat

/// Answers HTTP requests with a page about the client.
struct UserHostPage {
    private var pending: [UInt8] = []
    /// The number of remaining bytes of a request's content, which are skipped.
    private var skip = 0
    private(set) var isOver = false

    private static let headLimit = 16 << 10
    /// The maximum length of content to skip.
    private static let contentLimit = 1 << 20

    /// The responses to the requests received so far.
    mutating func answers(to bytes: [UInt8], remote: TCPEndpoint, mac: MACAddress?) -> [UInt8] {
        guard !isOver else { return [] }
        pending += bytes
        var answers: [UInt8] = []
        while !isOver {
            let gone = min(skip, pending.count)
            pending.removeFirst(gone)
            skip -= gone
            guard skip == 0, !pending.isEmpty else { break }
            let head = HTTPHead(pending.rawBytes)
            guard head.end != nil else {
                if pending.count > Self.headLimit { answers += finish(431, "Request Header Fields Too Large") }
                break
            }
            pending.removeFirst(head.byteCount)
            answers += answer(to: head, remote, mac)
        }
        return answers
    }

    private mutating func finish(_ code: Int, _ reason: String) -> [UInt8] {
        isOver = true
        return Self.response(code, reason, "\(code) \(reason)\n", keepsConnection: false, hasContent: true)
    }

    private mutating func answer(to head: HTTPHead, _ remote: TCPEndpoint, _ mac: MACAddress?) -> [UInt8] {
        guard case .request(let line) = head.start, line.problems.isEmpty, !head.problems().contains(.missingHost)
        else {
            return finish(400, "Bad Request")
        }
        switch head.requestFraming {
        case .none: break
        case .length(let length) where length <= Self.contentLimit: skip = length
        default: return finish(411, "Length Required")
        }
        let method = String(decoding: line.method, as: UTF8.self)
        guard ["GET", "HEAD"].contains(method) else { return finish(405, "Method Not Allowed") }
        var text = "You are \(remote)"
        if let mac { text += ", MAC address \(mac)" }
        text += ".\nYou asked:\n\n\(head.startLine.text)\n"
        for field in head.fields { text += "\(field.name): \(field.value)\n" }
        let keepsConnection = head.keepsConnection
        isOver = !keepsConnection
        return Self.response(200, "OK", text, keepsConnection: keepsConnection, hasContent: method == "GET")
    }

    private static func response(
        _ code: Int, _ reason: String, _ text: String, keepsConnection: Bool, hasContent: Bool
    ) -> [UInt8] {
        var fields = [
            HTTPField("Content-Type", "text/plain; charset=utf-8"), HTTPField("Content-Length", "\(text.utf8.count)"),
            HTTPField("Cache-Control", "no-store"),
        ]
        if code == 405 { fields.append(HTTPField("Allow", "GET, HEAD")) }
        if !keepsConnection { fields.append(HTTPField("Connection", "close")) }
        return HTTPHead.response(code, reason, fields: fields).encoded() + (hasContent ? Array(text.utf8) : [])
    }
}
