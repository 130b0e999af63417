import Testing
import WireFormat

/// The data of HTTPS and SVCB records (RFC 9460).
@Suite("service bindings")
struct ServiceBindingTests {
    /// `foo.example.com`, encoded.
    private static let name: [UInt8] = Array("\u{3}foo\u{7}example\u{3}com\0".utf8)

    /// Returns the data of a record with a priority of 1 and the target `foo.example.com`.
    private static func data(_ parameters: [(key: UInt16, value: [UInt8])], priority: UInt8 = 1) -> [UInt8] {
        var data: [UInt8] = [0, priority]
        data += name
        for (key, value) in parameters {
            data += [UInt8(key >> 8), UInt8(key & 0xFF), UInt8(value.count >> 8), UInt8(value.count & 0xFF)]
            data += value
        }
        return data
    }

    /// RFC 9460, appendix D: title, wire format, and the record as text.
    private static let vectors: [(title: String, hexadecimal: String, text: String)] = [
        ("D.1, figure 2", "0000 03666f6f076578616d706c6503636f6d00", "0 foo.example.com"),
        ("D.2, figure 3: TargetName is \".\"", "0001 00", "1 ."),
        (
            "D.2, figure 4: a port", "0010 03666f6f076578616d706c6503636f6d00 0003 0002 0035",
            "16 foo.example.com port 53"
        ),
        (
            "D.2, figure 5: a generic key", "0001 03666f6f076578616d706c6503636f6d00 029b 0005 68656c6c6f",
            "1 foo.example.com key667 hello"
        ),
        (
            "D.2, figure 6: a decimal escape",
            "0001 03666f6f076578616d706c6503636f6d00 029b 0009 68656c6c6fd2716f6f",
            #"1 foo.example.com key667 hello\210qoo"#
        ),
        (
            "D.2, figure 7: two IPv6 hints",
            "0001 03666f6f076578616d706c6503636f6d00 0006 0020 20010db8000000000000000000000001"
                + "20010db8000000000000000000530001",
            "1 foo.example.com ipv6hint 2001:db8::1,2001:db8::53:1"
        ),
        (
            "D.2, figure 8: an IPv6 hint with an embedded IPv4 address",
            "0001 076578616d706c6503636f6d00 0006 0010 20010db8012203440000000 0c0000221",
            "1 example.com ipv6hint 2001:db8:122:344::c000:221"
        ),
        (
            "D.2, figure 9: the order of keys",
            "0010 03666f6f076578616d706c65036f726700 0000 0004 00010004 0001 0009 02683205 68332d3139"
                + "0004 0004 c0000201",
            "16 foo.example.org mandatory alpn,ipv4hint alpn h2,h3-19 ipv4hint 192.0.2.1"
        ),
        (
            "D.2, figure 10: an escaped comma and backslash",
            "0010 03666f6f076578616d706c65036f726700 0001 000c 08665c6f6f2c626172 026832",
            #"16 foo.example.org alpn f\\oo\,bar,h2"#
        ),
    ]

    @Test("the vectors of RFC 9460, appendix D", arguments: vectors.indices)
    func appendixD(index: Int) throws {
        let vector = Self.vectors[index]
        let bytes = try #require(Self.bytes(vector.hexadecimal), "\(vector.title)")
        let binding = try ServiceBinding(bytes.rawBytes)
        #expect("\(binding)" == vector.text, "\(vector.title)")
        #expect(binding.encoded() == bytes, "\(vector.title)")
        #expect(binding.obstacle == nil, "\(vector.title)")
        #expect(binding.isAlias == (index == 0))
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8]? {
        let digits = hexadecimal.filter { $0 != " " }.compactMap(\.hexDigitValue)
        guard digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }

    @Test("the failure cases of RFC 9460, appendix D.3, that are malformed in wire format")
    func failures() {
        let cases: [(title: String, parameters: [(UInt16, [UInt8])], field: String)] = [
            ("figure 11: a key twice", [(123, Array("abc".utf8)), (123, Array("def".utf8))], "key"),
            ("figure 12: mandatory without value", [(0, [])], "mandatory"),
            ("figure 12: alpn without value", [(1, [])], "alpn"),
            ("figure 12: port without value", [(3, [])], "port"),
            ("figure 12: ipv4hint without value", [(4, [])], "ipv4hint"),
            ("figure 12: ipv6hint without value", [(6, [])], "ipv6hint"),
            ("figure 13: no-default-alpn with a value", [(2, Array("abc".utf8))], "no-default-alpn length"),
            ("figure 15: mandatory lists itself", [(0, [0, 0])], "mandatory"),
            (
                "figure 16: a key twice in mandatory", [(0, [0, 123, 0, 123]), (123, Array("abc".utf8))],
                "mandatory"
            ),
        ]
        for (title, parameters, field) in cases {
            let error = #expect(throws: ParseError.self, "\(title)") {
                try ServiceBinding(Self.data(parameters).rawBytes)
            }
            #expect(error?.layer == .dns && error?.field == field, "\(title): \(error.map { "\($0)" } ?? "")")
        }
    }

    @Test("a record that is not self-consistent is parsed, and not usable: figure 14, and no-default-alpn alone")
    func inconsistency() throws {
        let missing = try ServiceBinding(Self.data([(0, [0, 123])]).rawBytes)
        #expect(missing.obstacle == .missing(.init(123)))
        #expect(missing.obstacle?.description == "mandatory key key123 is missing")
        let alone = try ServiceBinding(Self.data([(2, [])]).rawBytes)
        #expect(alone.obstacle == .noApplicationProtocol && !alone.hasDefaultApplicationProtocol)
        let unknown = try ServiceBinding(Self.data([(0, [0, 123]), (1, [2, 0x68, 0x33]), (123, [])]).rawBytes)
        #expect(unknown.obstacle == .unknown(.init(123)) && !unknown.offersHTTP3)
        let usable = try ServiceBinding(Self.data([(1, [2, 0x68, 0x33]), (2, [])]).rawBytes)
        #expect(usable.obstacle == nil && usable.offersHTTP3)
        #expect(try !ServiceBinding(Self.data([(1, [5] + Array("h3-29".utf8))]).rawBytes).offersHTTP3)
    }

    @Test("every key, and the properties of a record")
    func everyKey() throws {
        let binding = ServiceBinding(
            priority: 2, target: try #require(DNSName("svc.example")),
            parameters: [
                .mandatory([.port]), .applicationProtocols([Array("h3".utf8), [0x1B, 0x20]]),
                .noDefaultApplicationProtocol, .port(8_443), .ipv4Hints([IPv4Address(192, 0, 2, 1)]),
                .encryptedClientHello([0, 1, 2]), .ipv6Hints([.loopback]), .other(.init(7), Array("/q{?dns}".utf8)),
                .other(.init(65_535), []),
            ])
        #expect(try ServiceBinding(binding.encoded().rawBytes) == binding)
        #expect(
            "\(binding)" == #"2 svc.example mandatory port alpn h3,\027\032 no-default-alpn port 8443 "#
                + "ipv4hint 192.0.2.1 ech ipv6hint ::1 dohpath /q{?dns} key65535")
        #expect(binding.port == 8_443 && binding.encryptedClientHello == [0, 1, 2] && binding.offersHTTP3)
        #expect(binding.mandatoryKeys == [.port] && binding.applicationProtocols.count == 2)
    }

    @Test("the parameters of an alias are not interpreted, but must be complete and in order")
    func alias() throws {
        let bytes = Self.data([(1, []), (3, [1])], priority: 0)
        let binding = try ServiceBinding(bytes.rawBytes)
        #expect(binding.isAlias && binding.obstacle == nil && binding.encoded() == bytes)
        #expect(binding.port == nil && !binding.offersHTTP3)
        #expect(throws: ParseError.self) { try ServiceBinding(Self.data([(3, []), (1, [])], priority: 0).rawBytes) }
        #expect(throws: ParseError.self) { try ServiceBinding(Array(bytes.dropLast()).rawBytes) }
    }

    @Test("malformed values, each with the field and the offset")
    func malformed() {
        let start = 2 + Self.name.count
        let cases: [(parameters: [(UInt16, [UInt8])], field: String, offset: Int)] = [
            ([(0, [0])], "mandatory", start + 4), ([(0, [0, 4, 0, 1])], "mandatory", start + 6),
            ([(1, [0])], "alpn", start + 4), ([(1, [3, 0x68, 0x33])], "alpn", start + 4),
            ([(1, [2, 0x68, 0x33, 9])], "alpn", start + 7), ([(3, [1])], "port length", start + 2),
            ([(3, [0, 1, 2])], "port length", start + 2), ([(4, [192, 0, 2])], "ipv4hint", start + 4),
            ([(4, [192, 0, 2, 1, 192])], "ipv4hint", start + 4), ([(5, [])], "ech", start + 4),
            ([(6, [UInt8](repeating: 0, count: 17))], "ipv6hint", start + 4),
            ([(4, [192, 0, 2, 1]), (3, [0, 1])], "key", start + 8),
        ]
        for (parameters, field, offset) in cases {
            let error = #expect(throws: ParseError.self) { try ServiceBinding(Self.data(parameters).rawBytes) }
            #expect(error?.field == field && error?.offset == offset, "\(parameters): \(error.map { "\($0)" } ?? "")")
        }
    }

    @Test("targets: compression, reserved label types, too long, and without an end")
    func targets() throws {
        for target: [UInt8] in [[0xC0, 0], [0x40, 0], [0x80, 0], [64, 1, 0], [1], [1, 0x61], [3, 0x61, 0]] {
            #expect(throws: ParseError.self, "\(target)") { try ServiceBinding(([0, 1] + target).rawBytes) }
        }
        /// A target of three labels of 63 bytes and another one.
        func target(last: Int) -> [UInt8] {
            var bytes: [UInt8] = [0, 1]
            for length in [63, 63, 63, last] {
                bytes.append(UInt8(length))
                bytes += [UInt8](repeating: 0x61, count: length)
            }
            return bytes + [0]
        }
        #expect(try ServiceBinding(target(last: 61).rawBytes).target.byteCount == 255)
        #expect(throws: ParseError.self) { try ServiceBinding(target(last: 62).rawBytes) }
    }

    @Test("data cut anywhere but between parameters is an error")
    func cut() throws {
        let bytes = Self.data([(1, [2, 0x68, 0x33]), (3, [0, 80]), (4, [192, 0, 2, 1])])
        let whole = [19, 26, 32, 40]
        #expect(bytes.count == 40)
        for length in 0...bytes.count {
            let data = Array(bytes.prefix(length))
            guard !whole.contains(length) else {
                #expect(try ServiceBinding(data.rawBytes).encoded() == data)
                continue
            }
            #expect(throws: ParseError.self, "\(length) bytes") { try ServiceBinding(data.rawBytes) }
        }
    }

    @Test("what is parsed is written with the same bytes, from random parameters", arguments: 0..<300)
    func properties(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<40 {
            var key: UInt16 = 0
            var parameters: [(UInt16, [UInt8])] = []
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                // Mostly ascending keys, mostly those with a format.
                key &+= UInt16.random(in: 0...2, using: &random)
                let isValid = Bool.random(using: &random)
                let value: [UInt8] =
                    switch key {
                    case 1 where isValid: [2] + random.bytes(2...2)
                    case 2 where isValid: []
                    case 3 where isValid: random.bytes(2...2)
                    case 4 where isValid: random.bytes(4...4)
                    default: random.bytes(0...33)
                    }
                parameters.append((key, value))
            }
            var bytes = Self.data(parameters, priority: UInt8.random(in: 0...2, using: &random))
            if Int.random(in: 0..<4, using: &random) == 0 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard let binding = try? ServiceBinding(bytes.rawBytes) else { continue }
            #expect(binding.encoded() == bytes, "seed \(seed)")
            #expect("\(binding)".utf8.allSatisfy { (0x20...0x7E).contains($0) }, "seed \(seed)")
            // The keys ascend.
            let keys = binding.parameters.map(\.key)
            #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed)")
        }
    }

    @Test("records of a message: HTTPS and SVCB have service bindings, others and other classes have none")
    func records() throws {
        let name = try #require(DNSName("svc.example"))
        let data = DNSMessage.Record.Data.other([0, 1, 0])
        func record(_ type: UInt16, recordClass: UInt16 = 1, _ data: DNSMessage.Record.Data) -> DNSMessage.Record {
            DNSMessage.Record(name, type: type, recordClass: recordClass, timeToLive: 60, data: data)
        }
        for type: UInt16 in [64, 65] {
            #expect(try record(type, data).serviceBinding()?.priority == 1)
            #expect(try record(type, recordClass: 3, data).serviceBinding() == nil)
            #expect(throws: ParseError.self) { try record(type, .other([0, 1])).serviceBinding() }
        }
        #expect(try record(16, data).serviceBinding() == nil)
    }
}
