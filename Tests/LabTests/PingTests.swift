import Testing

@Suite("ping in the lab")
struct PingTests {
    @Test("answers, lines and exit status")
    func answers() async throws {
        try await Lab.with(.pair) { lab in
            let outcome = try await lab.ping("a", "-c 3 -i 0.02 192.0.2.2")
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("64 bytes from 192.0.2.2: icmp_seq=3 ttl=64 time="))
        }
    }
    @Test func relay() async throws {
        try await Lab.with(.relayed) { lab in
            try await lab.relaying("--direction left drop/2") {
                let outcome = try await lab.ping("a", "-c 4 -i 0.02 192.0.2.2")
                print(outcome)
            }
        }
    }
}
