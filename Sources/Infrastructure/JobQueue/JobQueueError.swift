import Vocabulary

package enum JobQueueError: Error, Sendable, Hashable {
    /// The job was rescued, cancelled or finished by someone else since it was claimed. What the holder did in this
    /// transaction must not stand.
    case leaseLost(QueuedJobID)
    /// The payload is larger than the limit, in bytes.
    case payloadTooLarge(bytes: Int, limit: Int)
}
