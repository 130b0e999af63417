import SwiftNet

/// Checks that depend on the mode or on several options.
extension ArpingCommand {
    mutating func check(_ arguments: ParsedArguments) throws {
        let operands = arguments.operands
        settings.arping.reportsIgnored = general.isVerbose
        switch task {
        case Self.table: try readAddresses(operands)
        case Self.sweep: try checkSweep(operands)
        default: try checkSingle(operands, arguments)
        }
    }

    private mutating func readAddresses(_ operands: [String]) throws {
        addresses = try operands.map { text in
            guard let address = IPAddress(text) else { throw UsageError("\(text): not an IP address") }
            return address
        }
    }

    private mutating func checkSweep(_ operands: [String]) throws {
        if let target = operands.first { throw UsageError("\(target): --sweep takes no target besides its network") }
        sweep.interface = settings.arping.interface
        sweep.source = settings.arping.source
        sweep.reportsIgnored = general.isVerbose
        sweep.vlan = settings.arping.vlan
        if let wait = settings.arping.deadline { sweep.timeout = wait }
    }

    private mutating func checkSingle(_ operands: [String], _ arguments: ParsedArguments) throws {
        if let address {
            if let target = operands.first {
                throw UsageError("\(target): \(task.name) takes no target besides its address")
            }
            settings.target = "\(address)"
        } else {
            try settings.readTarget(operands)
        }
        if settings.station != nil, settings.arping.staysBroadcast {
            throw UsageError("-b cannot be used with a MAC address as target")
        }
        // As in iputils, 0 is no deadline.
        if settings.arping.deadline == .zero { settings.arping.deadline = nil }
        if settings.arping.deadline != nil { settings.arping.enough = settings.arping.count }
        settings.isProbe = task == Self.probe
        settings.isAnnouncement = task == Self.announcement
        switch task {
        case Self.duplicates: settings.arping.mode = .detectDuplicates
        case Self.requests: settings.arping.mode = .announceByRequest
        case Self.replies: settings.arping.mode = .announceByReply
        case Self.probe: settings.arping.checkAddress()
        case Self.announcement: settings.arping.announce()
        default: break
        }
        settings.arping.expectsAnswers = !settings.arping.mode.isAnnouncement
    }

    func run(_ console: Console) throws -> Int32 {
        switch task {
        case Self.table: try ArpingTableRun(command: self, console: console).run()
        case Self.sweep: try ArpingSweepRun(command: self, console: console).run()
        default: try ArpingRun(settings: settings, console: console).run()
        }
    }
}
