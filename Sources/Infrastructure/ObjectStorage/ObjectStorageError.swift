package enum ObjectStorageError: Error, Sendable, Hashable {
    case notFound(ObjectKey)
    case tooLarge(ObjectKey, limit: Int64)
    /// The range starts at or after the object's end; `size` is the object's, in bytes.
    case rangeNotSatisfiable(ObjectKey, size: Int64)
    /// The storage can't be used now; a later try may succeed. Plain words for the log.
    case unavailable(String)
}
