import SwiftNet

/// The example of `IGMPQuery`'s documentation.
func exampleIGMPQuery() throws {
    let summary = try IGMPQuery.run("233.252.0.1") { event in
        if case .member(let member) = event { print(member.group, member.host) }
    }
    print("hosts", summary.hosts)
}
