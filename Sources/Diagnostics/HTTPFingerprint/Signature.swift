import WireFormat

/// The behavior of one product, in a range of its versions and in several configurations.
///
/// In a file, fields are separated by tabs: the product, its versions, its Server values, the names of the tests, every
/// distinct response, and for each configuration its name, its origin, and the numbers of its responses to the tests.
///
///
///     product        nginx
///     versions       1.22.1
///     banner         nginx
///     tests          get missing head ...
///     answer         HTTP/1.1 200 OK  Server Date ...  kept  -  connection: keep-alive
///     configuration  default  -  1 2 3 ...
public struct Signature: Sendable {
    public var product: String
    /// The version range for display; empty if unknown.
    public var versions: String
    /// The product whose HTTP implementation it uses; nil for its own.
    public var base: String?
    /// Its value of `Server`, without a version.
    public var banners: [String]
    public var configurations: [Configuration]

    /// One configuration of the product.
    public struct Configuration: Sendable {
        public var name: String
        /// The product behind it that sends the responses; nil for itself.
        public var origin: String?
        public var behavior: ServerBehavior

        /// The common name of configurations that are nearly the same, such as those that differ only in the banner.
        package var kind: String {
            if origin != nil { return name }
            if name == "moved" { return "redirect" }
            return String(decoding: name.utf8.prefix { $0 != UInt8(ascii: "-") }, as: UTF8.self)
        }

        public init(name: String, origin: String? = nil, behavior: ServerBehavior) {
            self.name = name
            self.origin = origin
            self.behavior = behavior
        }
    }

    public init(
        product: String, versions: String, base: String? = nil, banners: [String] = [], configurations: [Configuration]
    ) {
        self.product = product
        self.versions = versions
        self.base = base
        self.banners = banners
        self.configurations = configurations
    }

    /// Creates the signature of a product from the reports of its servers, one per configuration.
    /// - Parameter origin: the product behind it that sends the responses; nil for itself.
    public init(learnedFrom reports: [HTTPFingerprintReport], product: String, versions: String, origin: String?) {
        let banners = Set(reports.compactMap(\.banner).map(SignatureLibrary.name(inBanner:)))
        self.init(
            product: product, versions: versions, banners: banners.filter { !$0.isEmpty }.sorted(),
            configurations: reports.map {
                Configuration(name: "\($0.url)", origin: origin, behavior: $0.behavior)
            })
    }

    /// Whether a text can be a field in a file: it is not empty, and has no control characters such as the tab between
    /// fields.
    public static func isField(_ text: String) -> Bool {
        !text.isEmpty && !text.unicodeScalars.contains { $0.value < 0x20 }
    }

    /// An error in a file.
    public struct Mistake: Error, Hashable, Sendable, CustomStringConvertible {
        /// The line number, from 1.
        public var line: Int
        public var message: String

        public var description: String { "line \(line): \(message)" }
    }

    /// Parses a file, or several concatenated ones: each begins with its product.
    public static func all(in bytes: [UInt8]) throws(Mistake) -> [Signature] {
        var readers: [SignatureReader] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            if line.starts(with: "product\t".utf8) || readers.isEmpty {
                readers.append(SignatureReader(line: index + 1))
            }
            if let message = readers[readers.count - 1].take(line) {
                throw Mistake(line: index + 1, message: message)
            }
        }
        var signatures: [Signature] = []
        for reader in readers {
            guard !reader.product.isEmpty else { throw Mistake(line: reader.line, message: "missing product") }
            guard !reader.configurations.isEmpty else {
                throw Mistake(line: reader.line, message: "\(reader.product) has no configuration")
            }
            signatures.append(
                Signature(
                    product: reader.product, versions: reader.versions, base: reader.base, banners: reader.banners,
                    configurations: reader.configurations))
        }
        return signatures
    }

    /// The text of the file.
    public var text: String {
        var numbers: [AnswerShape: Int] = [:]
        var lines = [
            "product\t\(product)", "versions\t\(versions)",
        ]
        if let base { lines.append("base\t\(base)") }
        lines += banners.map { "banner\t\($0)" }
        lines.append(
            "tests\t" + HTTPFingerprintRequest.allCases.map(\.rawValue).joined(separator: " "))
        var rows: [String] = []
        for configuration in configurations {
            let row = configuration.behavior.answers.map { answer -> String in
                guard let answer else { return "-" }
                if let number = numbers[answer] { return "\(number)" }
                numbers[answer] = numbers.count + 1
                lines.append("answer\t\(answer)")
                return "\(numbers.count)"
            }
            rows.append(
                "configuration\t\(configuration.name)\t\(configuration.origin ?? "-")\t\(row.joined(separator: " "))")
        }
        return (lines + rows).joined(separator: "\n") + "\n"
    }
}

/// Parses the lines of a signature.
private struct SignatureReader {
    /// The number of its first line.
    let line: Int
    var product = ""
    var versions = ""
    var base: String?
    var banners: [String] = []
    var configurations: [Signature.Configuration] = []
    private var tests: [HTTPFingerprintRequest] = []
    private var answers: [AnswerShape] = []

    init(line: Int) { self.line = line }

    /// Parses a line; returns what is wrong with it.
    mutating func take(_ line: ArraySlice<UInt8>) -> String? {
        guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else {
            return "missing value: \(text(line))"
        }
        let rest = line[(tab + 1)...]
        switch text(line[..<tab]) {
        case "product": product = text(rest)
        case "versions": versions = text(rest)
        case "base": base = text(rest)
        case "banner": banners.append(text(rest))
        case "tests":
            for word in rest.split(separator: 0x20).map(text) {
                guard let test = HTTPFingerprintRequest(rawValue: word) else { return "unknown test '\(word)'" }
                tests.append(test)
            }
        case "answer":
            guard let answer = AnswerShape(rest) else { return "invalid answer: \(text(rest))" }
            answers.append(answer)
        case "configuration": return takeConfiguration(rest)
        case let word: return "unknown keyword '\(word)'"
        }
        return nil
    }

    private mutating func takeConfiguration(_ rest: ArraySlice<UInt8>) -> String? {
        let columns = rest.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        guard columns.count == 3 else { return "expected name, origin and answers of a configuration" }
        var behavior = ServerBehavior()
        let numbers = columns[2].split(separator: 0x20).map(text)
        guard numbers.count == tests.count else { return "\(numbers.count) answers to \(tests.count) tests" }
        for (test, number) in zip(tests, numbers) where number != "-" {
            guard let index = Int(number), answers.indices.contains(index &- 1) else {
                return "unknown answer \(number)"
            }
            behavior[test] = answers[index - 1]
        }
        let origin = text(columns[1])
        configurations.append(
            Signature.Configuration(
                name: text(columns[0]), origin: origin == "-" ? nil : origin, behavior: behavior))
        return nil
    }

    private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
