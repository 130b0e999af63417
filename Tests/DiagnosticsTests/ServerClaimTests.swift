import Diagnostics
import Testing
import WireFormat

/// What servers claim to be, for products without signatures.
@Suite("claims of web servers")
struct ServerClaimTests {
    @Test(
        "Server, other fields and cookies claim a product",
        arguments: [
            ("Server: Microsoft-IIS/10.0", "Microsoft IIS", "10.0", "Server"),
            ("Server: microsoft-iis", "Microsoft IIS", nil, "Server"),
            ("Server: awselb/2.0", "AWS Elastic Load Balancing", "2.0", "Server"),
            ("Server: Google Frontend", "Google Front End", nil, "Server"),
            ("Server: openresty/1.25.3.1 (x)", "OpenResty", "1.25.3.1", "Server"),
            ("cf-ray: 8a-FRA", "Cloudflare", nil, "CF-RAY"),
            ("Set-Cookie: a=b\r\nSet-Cookie: BIGipServerpool=1.2.3; path=/", "F5 BIG-IP", nil, "cookie BIGipServer"),
            ("Server: homemade\r\nX-Amz-Cf-Id: x", "Amazon CloudFront", nil, "X-Amz-Cf-Id"),
        ] as [(String, String, String?, String)])
    func known(fields: String, product: String, version: String?, source: String) {
        let head = HTTPHead(Array("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n".utf8).rawBytes)
        #expect(ServerClaim(head) == ServerClaim(product: product, version: version, source: source))
    }

    @Test(
        "other values claim nothing",
        arguments: [
            "Server: IIS/10.0", "Server:", "Server: /10", "X-CF-RAY: 1", "Set-Cookie: xBIGipServer=1",
            "Server: \u{1B}[31m",
        ])
    func unknown(fields: String) {
        let head = HTTPHead(Array("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n".utf8).rawBytes)
        #expect(ServerClaim(head) == nil)
    }
}
