import Testing

@Suite("the end of a ping, in the lab")
struct PingDeadlineTests {
    @Test("-w ends at an ICMP error, as iputils' ping does, and --keep-going continues")
    func errors() async throws {
        try await Lab.with(.routed) { lab in
            let ended = try await lab.ping("a", "-j -w 2 -i 0.1 203.0.113.9")
            #expect(ended.status == 1 && ended.summary?.number("transmitted").map { $0 < 5 } == true, "\(ended)")
            let kept = try await lab.ping("a", "-j -w 2 -i 0.2 --keep-going 203.0.113.9")
            #expect(kept.status == 1 && kept.summary?.number("transmitted").map { $0 > 5 } == true, "\(kept)")
            #expect(kept.objects("icmp-error").count > 1, "\(kept)")
            let refused = try await lab.ping("a", "--keep-going 198.51.100.2")
            #expect(refused.status == 2 && refused.errors == "ping: --keep-going requires -w\n", "\(refused)")
        }
    }

    @Test("--consecutive ends after that number of replies in a row, and the status is 1 without them")
    func consecutive() async throws {
        try await Lab.with(.pair) { lab in
            let reached = try await lab.ping("a", "-j -i 0.02 --consecutive 5 192.0.2.2")
            #expect(reached.status == 0 && reached.objects("reply").count == 5, "\(reached)")
            let missed = try await lab.ping("a", "-j -i 0.02 -c 3 --consecutive 5 192.0.2.2")
            #expect(missed.status == 1 && missed.objects("reply").count == 3, "\(missed)")
        }
    }
}
