// Text for users has no Swift in it: a value without a description of its own would be written as the name of its case
// or type. The standard library's interpolation takes such values without a word; these take its place in this module,
// so that the compiler warns of each.
extension DefaultStringInterpolation {
    @available(*, deprecated, message: "the value has no description for users")
    mutating func appendInterpolation<Value>(_ value: Value) { appendLiteral("?") }

    @available(*, deprecated, message: "a collection is described by Swift's names of its elements")
    mutating func appendInterpolation<Element>(_ value: [Element]) { appendLiteral("?") }

    @available(*, deprecated, message: "a collection is described by Swift's names of its elements")
    mutating func appendInterpolation<Element>(_ value: ArraySlice<Element>) { appendLiteral("?") }

    @available(*, deprecated, message: "a collection is described by Swift's names of its elements")
    mutating func appendInterpolation<Element>(_ value: Set<Element>) { appendLiteral("?") }

    @available(*, deprecated, message: "a collection is described by Swift's names of its elements")
    mutating func appendInterpolation<Key, Value>(_ value: [Key: Value]) { appendLiteral("?") }
}
