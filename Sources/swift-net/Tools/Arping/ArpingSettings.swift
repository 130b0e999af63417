import SwiftNet

/// The tool whose options and output `arping` follows.
enum ArpingStyle: String, CaseIterable {
    case iputils, habets
}

/// The settings of `arping` for one target, in either style.
struct ArpingSettings {
    var general = GeneralOptions()
    var style = ArpingStyle.iputils
    /// The target as typed: an address, a name, or a MAC address.
    var target = ""
    var arping = Arping.Configuration()
    /// The required MAC address of the interface.
    var ownMAC: MACAddress?
    /// Whether the run checks that an address is free (RFC 5227, section 2.1).
    var isProbe = false
    /// Whether the run announces an address (RFC 5227, section 2.3).
    var isAnnouncement = false
    /// Whether replies from two hosts are a failure.
    var findsDuplicates = false
    /// Whether only the MAC address or the address of each reply is printed.
    var printsMAC = false
    var printsAddress = false
    /// Whether each line begins with its time.
    var printsTimes = false
    var display = ArpingDisplay()

    /// The target, if it is a MAC address.
    var station: MACAddress? { MACAddress(target) }

    /// Reads the target from the command line.
    mutating func readTarget(_ operands: [String]) throws {
        guard let first = operands.first else { throw ArpingCommand.summary.missingOperand }
        if let other = operands.dropFirst().first { throw UsageError("\(other): arping takes one target") }
        if Text.isURL(first) { throw UsageError("\(first): arping takes a host; http-probe takes URLs") }
        if station == nil, case .ranges = try? TargetExpression(first) {
            throw UsageError("\(first): a network requires --sweep: arping --sweep \(first)")
        }
        target = first
    }

    /// Returns the exit status by the rules of the style.
    func exitStatus(of summary: ArpingSummary) -> Int32 {
        switch style {
        case .habets:
            if findsDuplicates, summary.hasDuplicates { return 1 }
            return summary.received > 0 ? 0 : 1
        case .iputils:
            // In iputils, a duplicate is 1, announcements are 0, and with a deadline all probes of -c must be answered.
            switch arping.mode {
            case .detectDuplicates: return summary.received > 0 ? 1 : 0
            case .announceByRequest, .announceByReply: return isAnnouncement && summary.received > 0 ? 1 : 0
            case .ask:
                if let enough = arping.enough, !arping.endsAtFirstAnswer { return summary.received >= enough ? 0 : 1 }
                return summary.received > 0 ? 0 : 1
            }
        }
    }
}

/// The display options of Habets' style.
struct ArpingDisplay {
    /// Whether to print an exclamation mark for each reply and a dot for each timeout.
    var isMarks = false
    var showsProbes = false
    var beepsAtReply = false
    var beepsAtTimeout = false
}
