/// The options of an IPv4 header (RFC 791, section 3.1).
public typealias IPv4Options = OptionList<IPv4Option>

extension OptionList where Option == IPv4Option {
    /// The options that all fragments contain: those with the copied flag (RFC 791, section 3.1).
    public var copiedIntoFragments: IPv4Options { IPv4Options(list.filter(\.isCopied)) }
}
