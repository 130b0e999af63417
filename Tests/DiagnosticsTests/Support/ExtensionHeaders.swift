import WireFormat

extension IPv6ExtensionHeader {
    /// Destination options that a receiver skips.
    static let padding = destinationOptions([.padN([0, 0, 0, 0])])
    /// The fragment header of a later fragment.
    static let laterFragment = fragment(offset: 1, reserved: 0, moreFragments: false, identification: 9)

    /// The data with this header prepended, as the payload of an IPv6 header that names it.
    func before(_ data: [UInt8], _ next: IPProtocol) -> [UInt8] { encoded(nextHeader: next) + data }
}
