extension HTTPHead {
    /// Returns the violations of the standard, in the order of the lines.
    /// - Parameter currentYear: the current year, to interpret the two-digit years of RFC 850 dates, if known.
    /// - Parameter isCut: whether the recipient stopped reading, so that only complete lines are examined.
    public func problems(currentYear: Int? = nil, isCut: Bool = false) -> [HTTPProblem] {
        if isCut, end == nil {
            let bytes = encoded()
            guard let last = bytes.lastIndex(of: 10), startLine.ending != .missing else { return [] }
            let complete = HTTPHead(Array(bytes[...last]).rawBytes)
            return complete.problems(currentYear: currentYear).filter { $0 != .unfinishedHead }
        }
        var problems: [HTTPProblem] = []
        if !leadingLines.isEmpty { problems.append(.emptyLineBeforeStart) }
        switch start {
        case .request(let line): problems += line.problems
        case .status(let line): problems += line.problems
        }
        if startLine.bytes.contains(13) { problems.append(.bareCarriageReturn) }
        var hasBareLineFeed = false
        forEachLine { if $0.ending == .bareLineFeed { hasBareLineFeed = true } }
        if hasBareLineFeed { problems.append(.bareLineFeed) }
        if fields.first?.lines[0].bytes.first?.isBlank == true { problems.append(.whitespaceBeforeFirstField) }
        var number = leadingLines.count + 2
        for field in fields {
            problems += field.problems(line: number)
            number += field.lines.count
        }
        problems += framingProblems + dateProblems(currentYear: currentYear)
        for value in values("Cache-Control") {
            problems += CacheControl(Array(value.utf8)).problems.map { .invalidDirective($0) }
        }
        if end == nil { problems.append(.unfinishedHead) }
        guard problems.count > 1 else { return problems }
        // Each problem is reported once.
        var seen: Set<HTTPProblem> = []
        return problems.filter { seen.insert($0).inserted }
    }

    private var framingProblems: [HTTPProblem] {
        var problems: [HTTPProblem] = []
        if case .request(let line) = start, line.version == .http11, count(of: "Host") == 0 {
            problems.append(.missingHost)
        }
        for name in [
            "Host", "Date", "Expires", "Last-Modified", "Location", "Content-Type", "ETag", "Age", "Retry-After",
        ]
        where count(of: name) > 1 {
            problems.append(.repeatedField(name: name))
        }
        let lengths = list("Content-Length")
        for length in Set(lengths) where Array(length.utf8).decimalNumber == nil {
            problems.append(.invalidContentLength(length))
        }
        if Set(lengths).count > 1 { problems.append(.repeatedField(name: "Content-Length")) }
        let codings = list("Transfer-Encoding")
        if !codings.isEmpty {
            if !lengths.isEmpty { problems.append(.contentLengthWithTransferEncoding) }
            if let index = codings.firstIndex(where: { Array($0.utf8).equalsIgnoringCase("chunked") }),
                index != codings.count - 1
            {
                problems.append(.chunkedIsNotLast)
            }
            if version == .http10 { problems.append(.transferEncodingInHTTP10) }
        }
        return problems
    }

    /// The version in the first line, if any.
    public var version: HTTPVersion? {
        switch start {
        case .request(let line): line.version
        case .status(let line): line.version
        }
    }

    private func dateProblems(currentYear: Int?) -> [HTTPProblem] {
        ["Date", "Expires", "Last-Modified", "If-Modified-Since", "If-Unmodified-Since"].flatMap { name in
            fields.filter { $0.isNamed(name) }.compactMap { field -> HTTPProblem? in
                HTTPDate.problem(field.valueBytes, currentYear: currentYear).map {
                    .invalidDate(name: name, value: field.value, $0)
                }
            }
        }
    }
}
