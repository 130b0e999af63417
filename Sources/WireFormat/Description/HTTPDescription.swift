extension FieldSink where Self: ~Copyable {
    /// Describes the head of an HTTP message at the start of a segment's data.
    mutating func describeHTTP(_ bytes: RawSpan, at base: Int) {
        let head = HTTPHead(bytes)
        begin(.http)
        var offset = base + head.leadingLines.reduce(0) { $0 + $1.byteCount }
        switch head.start {
        case .request(let line):
            strange("method", line.method.rawBytes, at: offset)
            strange("target", line.target.rawBytes, at: offset + line.method.count + 1)
            if let version = line.version {
                strange(
                    "version", version.bytes.rawBytes, at: offset + head.startLine.bytes.count - version.bytes.count)
            }
        case .status(let line):
            strange("version", line.version.bytes.rawBytes, at: offset)
            if let code = line.code { number("status", code, at: offset + line.version.bytes.count + 1, 3) }
            strange("reason", line.reason.rawBytes, at: offset + head.startLine.bytes.count - line.reason.count)
        }
        offset += head.startLine.byteCount
        beginList("headers")
        for field in head.fields {
            let line = (field.rawName + [UInt8(ascii: ":"), 0x20] + field.valueBytes)
            strangeItem(line.rawBytes, at: offset, field.byteCount)
            offset += field.byteCount
        }
        endList()
        flag("complete", head.end != nil, at: base, 0)
        end()
        for problem in head.problems() where problem != .unfinishedHead { self.problem("http: \(problem)") }
        describePayload(bytes.dropping(head.byteCount), at: base + head.byteCount)
    }
}
