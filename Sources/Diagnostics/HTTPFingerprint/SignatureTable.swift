/// A library as it is stored in the binary: the features of its behaviors as codes and the models learned from them, so
/// that a run neither parses signatures nor learns from them.
///
/// All numbers are in little-endian order; a text is its length and its UTF-8 bytes.
package enum SignatureTable {
    /// The first number of a table, which changes with the format and with the meaning of the features.
    private static let version: UInt32 = 2

    /// Returns the table of a library.
    package static func bytes(of library: SignatureLibrary) -> [UInt8] {
        var writer = TableWriter()
        writer.add(version)
        writer.add(UInt16(clamping: library.signatures.count))
        for signature in library.signatures {
            writer.add(signature.product)
            writer.add(signature.versions)
            writer.add(signature.base ?? "")
            writer.add(UInt16(clamping: signature.banners.count))
            for banner in signature.banners { writer.add(banner) }
            writer.add(UInt16(clamping: signature.configurations.count))
            for configuration in signature.configurations {
                writer.add(configuration.name)
                writer.add(configuration.origin ?? "")
            }
        }
        library.matrix.write(to: &writer)
        let shares = ServerModels(library, rows: Array(library.entries.indices)).shares
        writer.add(UInt16(clamping: shares.count))
        for shares in shares {
            for share in shares.kept + shares.own {
                writer.add(UInt16((share * ServerModelFit.Shares.scale).rounded()))
            }
        }
        return writer.bytes
    }

    /// Returns the library of a table; nil if it is not a table of this version. The behaviors of its signatures are
    /// empty: only their codes are stored.
    package static func library(_ bytes: [UInt8]) -> SignatureLibrary? {
        var reader = TableReader(bytes)
        guard reader.number() == version else { return nil }
        // One for all: its storage is shared.
        let none = ServerBehavior()
        let signatures = reader.list { reader -> Signature in
            let (product, versions, base) = (reader.text(), reader.text(), reader.text())
            let banners = reader.list { $0.text() }
            let configurations = reader.list { reader -> Signature.Configuration in
                let (name, origin) = (reader.text(), reader.text())
                return Signature.Configuration(name: name, origin: origin.isEmpty ? nil : origin, behavior: none)
            }
            return Signature(
                product: product, versions: versions, base: base.isEmpty ? nil : base, banners: banners,
                configurations: configurations)
        }
        let matrix = FeatureMatrix(reading: &reader)
        let shares = reader.list { reader -> ServerModelFit.Shares in
            func shares(_ reader: inout TableReader) -> [Float] {
                reader.numbers(matrix.columnCount).map { Float($0) / ServerModelFit.Shares.scale }
            }
            return ServerModelFit.Shares(kept: shares(&reader), own: shares(&reader))
        }
        guard reader.isComplete else { return nil }
        return SignatureLibrary(signatures, matrix, shares: shares)
    }
}

/// Appends numbers and texts.
struct TableWriter {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ number: some FixedWidthInteger) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    mutating func add(_ text: String) {
        let utf8 = Array(text.utf8.prefix(Int(UInt16.max)))
        add(UInt16(utf8.count))
        bytes += utf8
    }
}

/// Reads numbers and texts; after the end, they are 0 and empty.
struct TableReader {
    private let bytes: [UInt8]
    private var next = 0
    /// Whether something was missing.
    private(set) var isCut = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether everything was read, and nothing was missing.
    var isComplete: Bool { !isCut && next == bytes.count }

    mutating func number<Number: FixedWidthInteger>() -> Number {
        let size = Number.bitWidth / 8
        guard !isCut, bytes.count - next >= size else {
            isCut = true
            return 0
        }
        var number: Number = 0
        for offset in 0..<size { number |= Number(truncatingIfNeeded: bytes[next + offset]) << (8 * offset) }
        next += size
        return number
    }

    /// Reads numbers of 16 bits; fewer if bytes are missing.
    mutating func numbers(_ count: Int) -> [UInt16] {
        guard !isCut, (bytes.count - next) / 2 >= count else {
            isCut = true
            return []
        }
        defer { next += 2 * count }
        let part = bytes.span.extracting(next..<next + 2 * count)
        return (0..<count).map { UInt16(part[2 * $0]) | UInt16(part[2 * $0 + 1]) << 8 }
    }

    mutating func text() -> String {
        let count = Int(number() as UInt16)
        guard !isCut, bytes.count - next >= count else {
            isCut = true
            return ""
        }
        defer { next += count }
        return String(decoding: bytes[next..<next + count], as: UTF8.self)
    }

    /// Reads a number of pairs, and the pairs.
    mutating func pairs() -> [(first: UInt16, second: UInt16)] {
        let numbers = numbers(2 * Int(number() as UInt16))
        return stride(from: 0, to: numbers.count, by: 2).map { (numbers[$0], numbers[$0 + 1]) }
    }

    /// Reads a number of elements, and the elements.
    mutating func list<Element>(_ element: (inout TableReader) -> Element) -> [Element] {
        let count = Int(number() as UInt16)
        var list: [Element] = []
        while list.count < count, !isCut { list.append(element(&self)) }
        return list
    }
}
