import Diagnostics
import SwiftNetSignatures
import Testing

/// How behavior below HTTP/1 counts.
@Suite("behavior in TLS as evidence")
struct TLSKnowledgeTests {
    private static let text = """
        # a comment
        Alpha\torder=h2 unknown=alert-120 tickets=1 http2=3:128;window:2147418112
        Alpha\torder=http/1.1 unknown=alert-120 tickets=1 http2=none
        Beta\torder=none unknown=none tickets=2 http2=none
        tls\tGamma\torder=h2 unknown=none tickets=2 http2=no-settings
        tls\tDelta\torder=none unknown=none tickets=2 http2=none

        """

    private static func knowledge() throws -> TLSKnowledge { try #require(TLSKnowledge(Array(text.utf8))) }

    private static func behavior(_ text: String) throws -> TLSBehavior { try #require(TLSBehavior(text)) }

    @Test("a behavior that is read and written is the same; the stored ones are valid")
    func text() throws {
        for text in ["order=h2 unknown=alert-120 tickets=1 http2=3:128,4:65536;window:2147418112", "tickets=0"] {
            #expect(try Self.behavior(text).description == text)
        }
        for broken in ["", "x", "order", "other=1", "order=h2 x"] { #expect(TLSBehavior(broken) == nil, "\(broken)") }
        for broken in ["Alpha", "Alpha\t", "tls\tA\tB\torder=h2", "x\tA\torder=h2"] {
            #expect(TLSKnowledge(Array(broken.utf8)) == nil, "\(broken)")
        }
        #expect(TLSKnowledge(EmbeddedSignatures.tls) != nil)
    }

    @Test("evidence is for products that behave so, against others that were learned, and nothing for the rest")
    func evidence() throws {
        let knowledge = try Self.knowledge()
        let behavior = try Self.behavior("order=h2 unknown=alert-120 tickets=1 http2=3:128;window:2147418112")
        #expect(knowledge.evidence(behavior, for: "Alpha") > 1)
        #expect(knowledge.evidence(behavior, for: "Beta") < -1)
        #expect(knowledge.evidence(behavior, for: "Other") == 0)
        #expect(knowledge.evidence(TLSBehavior(), for: "Alpha") == 0)
        let strange = try Self.behavior("order=x unknown=y tickets=9 http2=z")
        #expect(abs(knowledge.evidence(strange, for: "Alpha")) < 6.1)
    }

    @Test("what terminates TLS is named if the product behind it never behaves so")
    func terminators() throws {
        let knowledge = try Self.knowledge()
        let passed = try Self.behavior("order=none unknown=none tickets=2 http2=none")
        #expect(knowledge.terminators(passed, before: "Alpha") == ["Delta"])
        #expect(knowledge.terminators(passed, before: "Beta") == nil)
        #expect(knowledge.terminators(passed, before: "Other") == nil)
        let unknown = try Self.behavior("order=none unknown=none tickets=4 http2=none")
        #expect(knowledge.terminators(unknown, before: "Alpha") == [])
        // Settings that were changed are still those of the product.
        let tuned = try Self.behavior("order=h2 unknown=alert-120 tickets=1 http2=3:999")
        #expect(knowledge.terminators(tuned, before: "Alpha") == nil)
    }
}
