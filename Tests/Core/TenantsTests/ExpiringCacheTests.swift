import Tenants
import Testing
import Vocabulary

@Suite struct ExpiringCacheTests {
    private let start = Timestamp(seconds: 1_000)

    @Test("A value is good until its moment, and not at it")
    func expiry() {
        let cache = ExpiringCache<String, Int>(entries: 10)
        cache.put(1, for: "a", until: start + .seconds(5), ifStill: cache.generation)
        #expect(cache.value(for: "a", at: start) == 1)
        #expect(cache.value(for: "a", at: start + .seconds(5)) == nil)
        #expect(cache.count == 0)
    }

    @Test("It never holds more than its limit, and keeps what is in use")
    func bounded() {
        let cache = ExpiringCache<Int, Int>(entries: 100)
        let end = start + .seconds(5)
        cache.put(-1, for: -1, until: end, ifStill: cache.generation)
        for key in 0..<10_000 {
            cache.put(key, for: key, until: end, ifStill: cache.generation)
            #expect(cache.count <= 100)
            if key % 10 == 0 { #expect(cache.value(for: -1, at: start) == -1) }
        }
        #expect(cache.value(for: 9_999, at: start) == 9_999)
        #expect(cache.value(for: 0, at: start) == nil)
    }

    @Test("What was read before a removal can't come in after it")
    func generations() {
        let cache = ExpiringCache<String, Int>(entries: 10)
        let end = start + .seconds(5)
        let before = cache.generation
        cache.remove("a")
        cache.put(1, for: "a", until: end, ifStill: before)
        #expect(cache.value(for: "a", at: start) == nil)
        cache.put(2, for: "a", until: end, ifStill: cache.generation)
        cache.put(3, for: "b", until: end, ifStill: cache.generation)
        cache.remove { $0 == 2 }
        #expect(cache.value(for: "a", at: start) == nil)
        #expect(cache.value(for: "b", at: start) == 3)
    }
}
