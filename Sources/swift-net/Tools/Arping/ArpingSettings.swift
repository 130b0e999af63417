import SwiftNet

/// The tool whose options and lines `arping` has.
enum ArpingStyle: String, CaseIterable {
    case iputils, habets
}

/// What `arping` is asked to do with one target, in either style.
struct ArpingSettings {
    var general = GeneralOptions()
    var style = ArpingStyle.iputils
    /// As it was typed: an address, a name, or a MAC address.
    var target = ""
    var arping = Arping.Configuration()
    /// The MAC address that the interface must have.
    var ownMAC: MACAddress?
    /// The check of RFC 5227 whether an address is free.
    var isProbe = false
    /// The announcement of RFC 5227.
    var isAnnouncement = false
    /// Replies from two hosts are a failure.
    var findsDuplicates = false
    /// Only these of each reply.
    var printsMAC = false
    var printsAddress = false
    var display = ArpingDisplay()

    /// The target, if it is a MAC address.
    var station: MACAddress? { MACAddress(target) }

    /// Takes the one target of a command line.
    mutating func readTarget(_ operands: [String]) throws {
        guard let first = operands.first else { throw ArpingCommand.summary.missingOperand }
        if let other = operands.dropFirst().first { throw UsageError("\(other): arping takes one target") }
        if Text.isURL(first) { throw UsageError("\(first): arping takes a host; http-probe takes URLs") }
        if station == nil, case .ranges = try? TargetExpression(first) {
            throw UsageError("\(first): a network requires --sweep: arping --sweep \(first)")
        }
        target = first
    }

    /// Throws for options that contradict the kind of target.
    func checkTarget() throws {
        if station != nil, arping.targetMAC != nil {
            throw UsageError("-t cannot be used with a MAC address as target")
        }
        if station == nil, arping.targetAddress != nil { throw UsageError("-T requires a MAC address as target") }
    }

    /// By the rules of the style.
    func exitStatus(of summary: ArpingSummary) -> Int32 {
        switch style {
        case .habets:
            if findsDuplicates, summary.machines.count > 1 { return 1 }
            return summary.received > 0 ? 0 : 1
        case .iputils:
            // A duplicate is 1, iputils' announcements are always 0, and with a deadline all of `-c` must have been answered.
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

/// How replies are shown in Habets' style.
struct ArpingDisplay {
    /// An exclamation mark for each reply, a dot for each timeout.
    var isMarks = false
    var showsProbes = false
    var beepsAtReply = false
    var beepsAtTimeout = false
}
