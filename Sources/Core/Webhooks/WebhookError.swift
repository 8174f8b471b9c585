package enum WebhookError: Error, Sendable, Hashable {
    /// 404: absent, or someone else's. The id as given.
    case endpointNotFound(String)
    case deliveryNotFound(String)
    /// 400: why, in words.
    case invalidURL(String)
    /// 409: the tenant has as many endpoints as it may.
    case tooManyEndpoints(limit: Int)
    /// 409.
    case endpointDisabled(String)
}
