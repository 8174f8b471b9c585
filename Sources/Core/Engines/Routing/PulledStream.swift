/// A stream whose elements are taken one at a time, from any task. One caller at a time.
///
/// `AsyncThrowingStream(unfolding:)` over it makes a new stream without a task of its own: nothing is read ahead, and
/// when the consumer goes, the source goes.
package struct PulledStream<Element: Sendable>: Sendable {
    private let stream: AsyncThrowingStream<Element, any Error>

    package init(_ stream: AsyncThrowingStream<Element, any Error>) { self.stream = stream }

    /// nil at the end, and after an error.
    package func next() async throws -> Element? {
        // Iterators of one such stream share its place.
        var iterator = stream.makeAsyncIterator()
        return try await iterator.next()
    }
}
