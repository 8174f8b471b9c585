import NIOPosix

/// Runs work that blocks its thread on NIO's pool for such work, off the cooperative pool. It runs to its end even
/// when the task is cancelled, so that what must be tidied away is.
func offPool<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        NIOThreadPool.singleton.submit { state in
            switch state {
            case .active: continuation.resume(with: Result { try work() })
            case .cancelled: continuation.resume(throwing: ObjectStorageError.unavailable("The process is ending."))
            }
        }
    }
}
