import Testing
import WireFormat

@testable import SwiftNet

/// The URLs of blocks, ranges and ports.
@Suite("lists of URLs")
struct HTTPTargetListTests {
    private func urls(_ texts: [String], ports: String? = nil) throws -> [String] {
        var list = HTTPTargetList(ports: try ports.map { try PortSet($0) })
        var overrides = EndpointOverrides()
        for text in texts { try list.append(text, &overrides, nil) }
        var found: [String] = []
        while let next = list.next() { found.append((next.hasScheme ? "" : "?") + "\(next.url)") }
        #expect(list.isEmpty)
        return found
    }

    @Test("each address of a block, range or octet list is a URL; a URL with a scheme keeps its path")
    func blocks() throws {
        #expect(
            try urls(["192.0.2.0/30", "192.0.2.9-10", "192.0.2.1,5", "[2001:db8::1]", "2001:db8::/127"]) == [
                "?http://192.0.2.0/", "?http://192.0.2.1/", "?http://192.0.2.2/", "?http://192.0.2.3/",
                "?http://192.0.2.9/", "?http://192.0.2.10/", "?http://192.0.2.1/", "?http://192.0.2.5/",
                "?http://[2001:db8::1]/", "?http://[2001:db8::]/", "?http://[2001:db8::1]/",
            ])
        #expect(
            try urls(["http://192.0.2.0/30", "https://a.example/x", "b.example:81"]) == [
                "http://192.0.2.0/30", "https://a.example/x", "?http://b.example:81/",
            ])
    }

    @Test("URLs without a port are requested at each port")
    func ports() throws {
        #expect(
            try urls(["192.0.2.0/31", "https://a.example/x", "b.example:1"], ports: "80,8000-8001") == [
                "?http://192.0.2.0:80/", "?http://192.0.2.0:8000/", "?http://192.0.2.0:8001/",
                "?http://192.0.2.1:80/", "?http://192.0.2.1:8000/", "?http://192.0.2.1:8001/",
                "https://a.example:80/x", "https://a.example:8000/x", "https://a.example:8001/x",
                "?http://b.example:1/",
            ])
    }

    @Test("blocks of more URLs than the limit are refused")
    func limits() throws {
        #expect(HTTPTargetList.count(of: "10.0.0.0/12", ports: nil).number == 1 << 20)
        for (text, ports) in [("10.0.0.0/11", nil), ("10.0.0.0/12", "1-2"), ("::/0", nil), ("::/0", "1-65535")] {
            #expect(throws: SwiftNetError.self, "\(text)") { try urls([text], ports: ports) }
        }
        // The first URLs of a large block need no memory for the others.
        var list = HTTPTargetList(ports: nil)
        var overrides = EndpointOverrides()
        try list.append("10.0.0.0/12", &overrides, nil)
        for _ in 0..<1_000 { _ = list.next() }
        let next = list.next()
        #expect(next?.url.hostText == "10.0.3.232")
    }
}
