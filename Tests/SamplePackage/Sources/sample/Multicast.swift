import SwiftNet

/// The example of `IGMPJoin`.
func igmpJoin(_ group: String) throws {
    let summary = try IGMPJoin.run([group], .init(duration: .milliseconds(300)))
    print("reports", summary.reports)
}

/// The example of `IGMPQuery`.
func igmpQuery(_ group: String) throws {
    var configuration = IGMPQuery.Configuration()
    configuration.maximumResponse = .milliseconds(300)
    configuration.isForced = true
    let summary = try IGMPQuery.run(group, configuration) { event in
        if case .member(let member) = event { print(member.group, member.host) }
    }
    print("hosts", summary.hosts)
}
