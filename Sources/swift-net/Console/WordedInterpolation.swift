// Text for users must not contain Swift names: a value without a description is interpolated as the name of its case or
// type. These overloads replace the standard library's in this module, so that the compiler warns of each such value.
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
