import Testing

/// What the lookup of a name comes to, and the check of a run that began with it.
enum NameLookup {
    /// What a lookup comes to.
    enum Expectation: Sendable {
        case address(String, canonicalName: String? = nil)
        /// The reason, or the beginning of it.
        case failure(String)
        /// Any failure with a reason: the reply is so broken that none is better than another.
        case anyFailure
        /// The address, or any failure.
        case addressOrFailure(String)
    }

    static let unknown = "Name or service not known"
    static let noAddress = "No address associated with hostname"
    static let temporary = "Temporary failure in name resolution ("
    static let noReply = temporary + "no reply from "

    /// No byte of a reply moves a terminal's cursor or ends a line, in any encoding.
    static func isPrintable(_ outcome: Lab.Outcome) -> Bool {
        (outcome.output + outcome.errors).unicodeScalars.allSatisfy { scalar in
            scalar == "\n" || scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
        }
    }

    /// Holds an outcome of `ping -n -c 1 NAME` against what is expected.
    static func check(_ outcome: Lab.Outcome, _ name: String, _ expectation: Expectation, _ note: String = "") {
        #expect(isPrintable(outcome), "\(outcome)")
        func hasFailed(_ reasons: [String]) -> Bool {
            let lines = outcome.errors.split(separator: "\n")
            return outcome.status == 2 && outcome.output.isEmpty && lines.count == 1
                && reasons.contains { outcome.errors.hasPrefix("ping: \(name): \($0)") }
        }
        func hasAddress(_ address: String, _ canonicalName: String? = nil) -> Bool {
            outcome.status == 0 && outcome.errors.isEmpty
                && outcome.output.hasPrefix("PING \(canonicalName ?? name) (\(address)) ")
        }
        switch expectation {
        case .address(let address, let canonicalName):
            #expect(hasAddress(address, canonicalName), "\(name)\(note): \(outcome)")
        case .failure(let reason): #expect(hasFailed([reason]), "\(name)\(note): \(outcome)")
        case .anyFailure: #expect(hasFailed([unknown, noAddress, temporary]), "\(name)\(note): \(outcome)")
        case .addressOrFailure(let address):
            let isFound = outcome.status == 0 && outcome.output.contains(" (\(address)) ")
            #expect(isFound || hasFailed([unknown, noAddress, temporary]), "\(name)\(note): \(outcome)")
        }
    }
}
