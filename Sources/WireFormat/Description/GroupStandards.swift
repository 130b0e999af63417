// What the standards do not allow in IGMP and MLD messages.

extension FieldSink where Self: ~Copyable {
    /// Checks an IGMP message that is not quoted.
    mutating func checkStandards(_ view: borrowing IGMPView, _ message: IGMPMessage, _ context: DatagramContext) {
        guard !context.isQuoted else { return }
        // Other types (DVMRP, multicast traceroute) have rules of their own; version 1 does not know router alert.
        let rule: (source: StaticString, needsAlert: Bool)? =
            switch view.type {
            case .membershipQuery:
                switch view.queryVersion {
                case 3?: ("RFC 3376, section 4", true)
                case 2?: ("RFC 2236, section 2", true)
                default: ("RFC 1112, appendix I", false)
                }
            case .version1Report: ("RFC 1112, appendix I", false)
            case .version2Report, .leaveGroup: ("RFC 2236, section 2", true)
            case .version3Report: ("RFC 3376, section 4", true)
            default: nil
            }
        guard let rule else { return }
        requireHopLimit(1, .igmp, context, rule.source)
        if rule.needsAlert { requireRouterAlert(.igmp, context, rule.source) }
        switch message.body {
        case .membershipQuery(let group, _):
            if !group.isUnspecified, !group.isMulticast {
                violation(.igmp, "\(group) is not a group address", rule.source)
            }
        case .version1Report(let group), .version2Report(let group), .leaveGroup(let group):
            check(group, .igmp, rule.source)
        case .version3Report(_, let records): for record in records { check(record.group, .igmp, rule.source) }
        case .unknown: break
        }
    }

    /// Checks an MLD message (RFC 2710; RFC 3810).
    mutating func checkMulticastListener(_ view: borrowing ICMPv6View, _ context: DatagramContext) {
        let isVersion2 =
            view.type == .version2MulticastListenerReport
            || view.type == .multicastListenerQuery && view.bytes.byteCount >= 28
        let section: StaticString = isVersion2 ? "RFC 3810, section 5" : "RFC 2710, section 3"
        requireHopLimit(1, .mld, context, section)
        requireRouterAlert(.mld, context, section)
        if view.code != 0 { violation(.mld, "the code is \(view.code), not 0", section) }
        if case .v6(let source)? = context.addresses?.source, !source.isLinkLocal {
            // A host without a valid link-local address reports from the unspecified address (RFC 3590, section 4).
            if view.type == .multicastListenerQuery || !source.isUnspecified {
                violation(.mld, "the source \(source) is not link-local", section)
            }
        }
        if view.type == .multicastListenerQuery, (25...27).contains(view.bytes.byteCount) {
            violation(.mld, "a query of \(view.bytes.byteCount) bytes", "RFC 3810, section 8.1")
        }
        switch MLDMessage(view)?.kind {
        case .query(let group, _)?:
            if !group.isUnspecified, !group.isMulticast { violation(.mld, "\(group) is not a group address", section) }
        case .version1Report(let group)?, .done(let group)?: check(group, .mld, section)
        case .version2Report(let records)?: for record in records { check(record.group, .mld, section) }
        case nil: break
        }
    }

    private mutating func requireRouterAlert(_ layer: Layer, _ context: DatagramContext, _ source: StaticString) {
        guard let header = context.header, !header.hasRouterAlert else { return }
        violation(layer, "no router alert option", source)
    }

    /// Checks the group of a report: a group address, and not that of all hosts, which is never reported.
    private mutating func check(_ group: IPv4Address, _ layer: Layer, _ source: StaticString) {
        if !group.isMulticast || group == .allHosts {
            violation(layer, "\(group) is not a group that hosts report", source)
        }
    }

    private mutating func check(_ group: IPv6Address, _ layer: Layer, _ source: StaticString) {
        if !group.isMulticast || group == .allNodes {
            violation(layer, "\(group) is not a group that hosts report", source)
        }
    }
}
