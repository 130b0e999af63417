import Testing
import WireFormat

/// Values of Alt-Svc (RFC 7838).
@Suite("alternative services")
struct AlternativeServiceTests {
    @Test(
        "services in the order of the field; malformed entries are left out",
        arguments: [
            (#"h3=":443"; ma=86400"#, ["h3  443 86400 false"]),
            (
                #"h3=":443"; ma=60; persist=1, h3-29="alt.example:8443";ma="5""#,
                ["h3  443 60 true", "h3-29 alt.example 8443 5 false"]
            ),
            (#"h2="[2001:db8::1]:81""#, ["h2 [2001:db8::1] 81 86400 false"]),
            (#"w%3Dx%3Ay#z=":1" ; MA = 7 ; v="a,b;c""#, ["w=x:y#z  1 7 false"]),
            (#"h3=":0", =":443", h3, h3="443", h3=":99999", h3=":443;ma=1"#, []), ("clear", []), ("", []),
            (#"h3=":443"; ma=-5"#, ["h3  443 0 false"]),
            (#"h3=":443"; ma=99999999999999999999"#, ["h3  443 86400 false"]),
        ])
    func values(text: String, services: [String]) {
        let found = AlternativeService.parse(text).map {
            "\($0.protocolName) \($0.host) \($0.port) \($0.maximumAge) \($0.isPersistent)"
        }
        #expect(found == services)
    }
}
