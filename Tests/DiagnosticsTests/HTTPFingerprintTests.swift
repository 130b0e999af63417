import Diagnostics
import SwiftNetSignatures
import Testing

/// Signatures, and how behaviors are identified.
@Suite("fingerprints of web servers")
struct HTTPFingerprintTests {
    /// Read once: that takes long without optimizations.
    private static let signatures = Result { try Signature.all(in: EmbeddedSignatures.text()) }
    private static let library = SignatureTable.library(EmbeddedSignatures.table)

    private static func embedded() throws -> [Signature] { try signatures.get() }

    /// The stored library, which `make test` holds against the signatures.
    private static func stored() throws -> SignatureLibrary { try #require(library) }

    /// Every fortieth configuration: a comparison without optimizations takes a tenth of a second and more.
    private static func samples() throws -> [(signature: Signature, configuration: Signature.Configuration)] {
        let all = try embedded().flatMap { signature in signature.configurations.map { (signature, $0) } }
        return stride(from: 0, to: all.count, by: 40).map { (signature: all[$0].0, configuration: all[$0].1) }
    }

    @Test("a signature that is written and read is the same")
    func roundTrip() throws {
        let bytes = try EmbeddedSignatures.text()
        let signatures = try Signature.all(in: bytes)
        #expect(Set(signatures.map(\.product)).count >= 80)
        #expect(signatures.map(\.text).joined() == String(decoding: bytes, as: UTF8.self))
        #expect(Calibrations(EmbeddedSignatures.calibrations) != nil)
    }

    @Test("an invalid signature is refused with its line")
    func mistakes() throws {
        let head = "product\tx\nversions\t1\ntests\tget missing\n"
        let answer = "answer\tHTTP/1.1 200 OK\tDate\tkept\t-\n"
        let cases: [(text: String, mistake: String)] = [
            ("product\tx\n", "line 1: x has no configuration"),
            ("versions\t1\n", "line 1: missing product"),
            ("product\tx\ntests\tget put\n", "line 2: unknown test 'put'"),
            (head + "answer\tHTTP/1.1 200 OK\tDate\n", "line 4: invalid answer: HTTP/1.1 200 OK\tDate"),
            (head + answer + "configuration\ta\t-\t1\n", "line 5: 1 answers to 2 tests"),
            (head + answer + "configuration\ta\t-\t1 2\n", "line 5: unknown answer 2"),
            (
                head + answer + "configuration\ta\t-\t1 -9223372036854775808\n",
                "line 5: unknown answer -9223372036854775808"
            ),
            (head + "word\tx\n", "line 4: unknown keyword 'word'"), ("word\n", "line 1: missing value: word"),
        ]
        for (text, mistake) in cases {
            do throws(Signature.Mistake) {
                _ = try Signature.all(in: Array(text.utf8))
                Issue.record("\(text) was taken")
            } catch {
                #expect("\(error)" == mistake)
            }
        }
    }

    @Test("learned configurations are identified, without their banner")
    func learned() throws {
        let library = try Self.stored()
        let calibrations = try #require(Calibrations(EmbeddedSignatures.calibrations))
        var comparer = library.comparer()
        var named = 0
        let samples = try Self.samples()
        for (signature, configuration) in samples {
            let comparison = comparer.compare(configuration.behavior)
            let verdict = library.verdict(comparison, banner: "Apache/2.4.41 (Ubuntu)", calibrations, answers: 25)
            if verdict.product == signature.product { named += 1 }
            #expect(
                verdict.product == signature.product || verdict.product == signature.base || verdict.product == nil,
                "\(signature.product) \(configuration.name): \(verdict.product ?? "unknown")")
            #expect(verdict.origin == nil || verdict.origin == configuration.origin)
            #expect((0...1).contains(verdict.confidence))
            if verdict.product == "nginx", verdict.origin == nil { #expect(verdict.bannerAgrees == false) }
            if verdict.product == "Apache httpd" { #expect(verdict.bannerAgrees == true) }
        }
        #expect(named * 100 >= samples.count * 95, "\(named) of \(samples.count)")
    }

    @Test("a test that was not made is no evidence for or against a product")
    func interrupted() throws {
        let library = try Self.stored()
        let calibrations = try #require(Calibrations(EmbeddedSignatures.calibrations))
        var comparer = library.comparer()
        var named = 0
        let samples = try Self.samples()
        for (signature, configuration) in samples {
            var behavior = configuration.behavior
            for test in HTTPFingerprintRequest.allCases.dropFirst(12) { behavior[test] = nil }
            let verdict = library.verdict(comparer.compare(behavior), banner: nil, calibrations, answers: 25)
            if verdict.product == signature.product { named += 1 }
        }
        #expect(named * 100 >= samples.count * 90, "\(named) of \(samples.count)")
    }

    @Test("the front and the origin of a pair that was never seen are both identified")
    func pairs() throws {
        let origins = ["Gunicorn", "Node.js", "Tornado", "lighttpd"]
        let chosen = try Self.embedded().compactMap { signature -> Signature? in
            var signature = signature
            // One release of each, and the pairs of these products only.
            signature.configurations.removeAll { $0.origin.map { !origins.contains($0) } ?? false }
            return ["HAProxy", "Squid"].contains(signature.product) || origins.contains(signature.product)
                ? signature : nil
        }
        let library = SignatureLibrary(chosen)
        for (front, origin) in [("HAProxy", "Node.js"), ("Squid", "Gunicorn"), ("HAProxy", "lighttpd")] {
            let pairs = chosen.filter { $0.product == front }.flatMap(\.configurations).filter { $0.origin == origin }
            #expect(!pairs.isEmpty)
            var comparer = library.comparer { $0.product == front && $1.origin == origin }
            for pair in pairs {
                let comparison = comparer.compare(pair.behavior)
                #expect(comparison.products.first?.name == front, "\(front) \(pair.name)")
                #expect(comparison.origins.first?.name == origin, "\(front) \(pair.name)")
            }
        }
    }

    @Test("a stored library compares as the one that was stored; one that was cut is refused")
    func table() throws {
        let chosen = try Self.embedded().filter { ["Tornado", "lighttpd", "Yaws"].contains($0.product) }
        let library = SignatureLibrary(chosen)
        let bytes = SignatureTable.bytes(of: library)
        let stored = try #require(SignatureTable.library(bytes))
        #expect(SignatureTable.bytes(of: stored) == bytes)
        let behavior = try #require(chosen.first?.configurations.first?.behavior)
        var (first, second) = (library.comparer(), stored.comparer())
        let (learned, read) = (first.compare(behavior).products, second.compare(behavior).products)
        #expect(learned.map(\.name) == read.map(\.name))
        #expect(learned.map(\.similarity) == read.map(\.similarity))
        for count in stride(from: 0, to: bytes.count, by: 997) {
            #expect(SignatureTable.library(Array(bytes.prefix(count))) == nil)
        }
        #expect(SignatureTable.library(bytes + [0]) == nil)
    }

    @Test("a banner agrees with its product and with one built on it, and disagrees with others")
    func banners() throws {
        let library = try Self.stored()
        let signatures = try Self.embedded()
        let calibrations = try #require(Calibrations(EmbeddedSignatures.calibrations))
        let goServer = try #require(signatures.first { $0.product == "Go net/http" }?.configurations.first)
        var comparer = library.comparer()
        let comparison = comparer.compare(goServer.behavior)
        for (banner, agrees) in [("Caddy", true), ("nginx/1.18.0", nil), (nil, nil)] as [(String?, Bool?)] {
            // The banner decides between a product and the one it is built on. Go has no banner of its own, so no other
            // banner disagrees with it.
            let product = library.verdict(comparison, banner: banner, calibrations, answers: 25).product
            #expect(product == (banner == "Caddy" ? "Caddy" : "Go net/http"))
            #expect(
                library.verdict(comparison, banner: banner, calibrations, answers: 25).bannerAgrees == agrees,
                "\(banner ?? "")")
        }
        let lighttpd = try #require(signatures.first { $0.product == "lighttpd" }?.configurations.first)
        let other = comparer.compare(lighttpd.behavior)
        for (banner, agrees) in [("Lighttpd/1.4", true), ("nginx/1.18.0", false), (nil, nil)] as [(String?, Bool?)] {
            #expect(
                library.verdict(other, banner: banner, calibrations, answers: 25).bannerAgrees == agrees,
                "\(banner ?? "")")
        }
    }

    @Test("a calibration returns the measured accuracy of a confidence, interpolated between steps")
    func calibration() throws {
        let few = "polite-product 0 1 0\npolite-origin 0 0 0\n"
        let text =
            "# offset, similarity, lead\nproduct 0 1 0 0.5:0.2 0.75:0.6\norigin 0 0 0\n\(few)measured product 2 5\n"
        let all = try #require(Calibrations(Array(text.utf8)))
        #expect(all.usual.product.measured == [2, 5] && all.polite.product.measured.isEmpty)
        let calibrations = all.usual
        // 1 / (1 + exp(-ln(1.5))) is 0.6, two fifths of the way.
        for (similarity, confidence) in [(0, 0.2), (-3, 0.2), (0.405_465_108, 0.36), (9, 0.6)] as [(Double, Double)] {
            let given = calibrations.product.confidence(similarity: similarity, lead: 0)
            #expect(abs(given - confidence) < 1e-6, "\(given)")
        }
        #expect(calibrations.origin.confidence(similarity: 7, lead: 7) == 0.5)
        for broken in [
            "product 0 1 0\n", "product 0 1\norigin 0 0 0\n", "product 0 1 0 0.5\norigin 0 0 0\n",
            "product 0 1 0 0.5:0.1 0.5:0.2\norigin 0 0 0\n", "product 0 1 0 x:0.1\norigin 0 0 0\n",
            "product 0 1 0\norigin 0 0 0\nmeasured other 1\n", "product 0 1 0\norigin 0 0 0\nmeasured product x\n",
        ] {
            #expect(Calibrations(Array((broken + few).utf8)) == nil, "\(broken)")
        }
    }

    @Test("a confidence is a number only where trials support it, for few responses by their own curve")
    func certainty() throws {
        let curves =
            "product 0 0 0\norigin 0 0 0\npolite-product 9 0 0\npolite-origin 0 0 0\nmeasured polite-product 9\n"
        let calibrations = try #require(Calibrations(Array(curves.utf8)))
        let library = try Self.stored()
        let behavior = try #require(Self.samples().first).configuration.behavior
        var comparer = library.comparer()
        let comparison = comparer.compare(behavior)
        for (answers, confidence, certainty) in [(4, 0.99, "measured"), (25, 0.5, "probable")] {
            let verdict = library.verdict(comparison, banner: nil, calibrations, answers: answers)
            let best = try #require(verdict.candidates.first)
            #expect(best.confidence == confidence && best.certainty.rawValue == certainty, "\(answers)")
        }
        #expect(Calibration(offset: -1, similarity: 0, lead: 0).certainty(of: 0.49) == .uncertain)
    }

    @Test("the reasons for a product are the responses in which the other one differs, and their weights add up")
    func reasons() throws {
        let signatures = try Self.embedded()
        let library = try Self.stored()
        var comparer = library.comparer()
        let nginx = try #require(signatures.first { $0.product == "nginx" })
        let plain = try #require(nginx.configurations.first { $0.name == "default" })
        let products = comparer.compare(plain.behavior).products
        #expect(products.first?.name == "nginx")
        let why = try #require(comparer.reasons(for: plain.behavior, "nginx", rather: "lighttpd", signatures))
        #expect(why.first.product == "nginx" && why.second.product == "lighttpd" && why.first.origin == nil)
        #expect(why.reasons.map { abs($0.weight) } == why.reasons.map { abs($0.weight) }.sorted(by: >))
        let junk = try #require(why.reasons.first { $0.test == .junk })
        #expect(junk.response == plain.behavior[.junk] && junk.first != nil && junk.weight > 0)
        let other = try #require(junk.second)
        #expect(other.difference(from: other) == nil && junk.response?.difference(from: other) != nil)
        let back = try #require(comparer.reasons(for: plain.behavior, "lighttpd", rather: "nginx", signatures))
        let sums = [why, back].map { $0.reasons.reduce(0) { $0 + $1.weight } }
        #expect(abs(sums[0] + sums[1]) < 0.01 && sums[0] > 10, "\(sums)")
        #expect(comparer.reasons(for: plain.behavior, "nginx", rather: "nothing", signatures) == nil)
    }

    @Test("the known products are listed with their versions, oldest first")
    func products() throws {
        let products = try Self.stored().products
        #expect(products.count >= 80 && products.reduce(0) { $0 + $1.configurations } >= 1_400)
        #expect(products.map { $0.name.lowercased() } == products.map { $0.name.lowercased() }.sorted())
        let caddy = try #require(products.first { $0.name == "Caddy" })
        #expect(caddy.base == "Go net/http" && caddy.versions.first == "2.6.2" && caddy.origins.contains("lighttpd"))
        #expect(ServerClaim.products.contains("Microsoft IIS"))
    }

    @Test("the exact version is that of a banner of the product itself")
    func bannerVersion() throws {
        let library = try Self.stored()
        let calibrations = try #require(Calibrations(EmbeddedSignatures.calibrations))
        let lighttpd = try #require(Self.embedded().first { $0.product == "lighttpd" }?.configurations.first)
        var comparer = library.comparer()
        let comparison = comparer.compare(lighttpd.behavior)
        for (banner, version) in [
            ("lighttpd/1.4.69", "1.4.69"), ("Lighttpd", nil), ("nginx/1.18.0", nil), (nil, nil),
        ] as [(String?, String?)] {
            let verdict = library.verdict(comparison, banner: banner, calibrations, answers: 25)
            #expect(verdict.product == "lighttpd" && verdict.bannerVersion == version, "\(banner ?? "")")
        }
        // A Server field may name a part of the product, or what it runs on.
        for (product, banner, version) in [
            ("Python http.server", "SimpleHTTP/0.6 Python/3.11.7", "3.11.7"),
            ("wsgiref", "WSGIServer/0.2 CPython/3.11", nil),
            ("aiohttp", "Python/3.11 aiohttp/3.9.5", "3.9.5"), ("Apache httpd", "Apache/2.4.57 (Debian)", "2.4.57"),
            ("Tornado", "TornadoServer/6.4", "6.4"), ("Apache Traffic Server", "ATS/9.2.5", "9.2.5"),
            ("Apache httpd", "Apache", nil), ("H2O", "h2o/2.2.5", "2.2.5"),
        ] as [(String, String, String?)] {
            let known = try #require(Self.embedded().first { $0.product == product }?.configurations.first)
            let verdict = library.verdict(
                comparer.compare(known.behavior), banner: banner, calibrations, answers: 25)
            #expect(verdict.product == product && verdict.bannerVersion == version, "\(banner)")
        }
    }

    @Test("an excluded product is not identified as another")
    func unknown() throws {
        let known = ["lighttpd", "Yaws", "Tornado", "WEBrick", "Puma", "H2O", "Jetty"]
        let library = SignatureLibrary(try Self.embedded().filter { known.contains($0.product) })
        let calibrations = try #require(Calibrations(EmbeddedSignatures.calibrations))
        for product in ["lighttpd", "Yaws", "Tornado"] {
            let own = library.signatures.filter { $0.product == product }.flatMap(\.configurations).map(\.behavior)
            #expect(!own.isEmpty)
            var comparer = library.comparer { signature, _ in signature.product == product }
            for behavior in own {
                let verdict = library.verdict(comparer.compare(behavior), banner: nil, calibrations, answers: 25)
                #expect(verdict.product == nil, "\(product)")
            }
        }
    }

    @Test("a server without any tests is unknown")
    func nothing() throws {
        let library = try Self.stored()
        let calibrations = try #require(Calibrations(EmbeddedSignatures.calibrations))
        let silence = try #require(
            Signature.all(
                in: Array(
                    "product\tx\nversions\t\ntests\tget\nanswer\tsilence\t-\tclosed\t-\nconfiguration\ta\t-\t1\n".utf8)
            ).first)
        let behavior = silence.configurations[0].behavior
        var comparer = library.comparer()
        #expect(library.verdict(comparer.compare(behavior), banner: nil, calibrations, answers: 25).product == nil)
        var none = SignatureLibrary([]).comparer()
        #expect(none.compare(behavior).products.isEmpty)
    }
}
