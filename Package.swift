// swift-tools-version: 6.2
import PackageDescription

// MARK: Floors

/// A floor may use the floors below it; features never use each other. `docs/architecture.md` is the map.
enum Floor: Int {
    case infrastructure, core, features, app

    var folder: String {
        switch self {
        case .infrastructure: "Infrastructure"
        case .core: "Core"
        case .features: "Features"
        case .app: "App"
        }
    }
}

// MARK: Vendors

let packages: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(
        url: "https://github.com/apple/swift-configuration", from: "1.4.0",
        traits: ["JSON", "YAML", "CommandLineArguments"]),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
]

enum Vendor: String {
    case argumentParser, asyncHTTPClient, configuration, crypto, grdb, httpTypes, hummingbird, hummingbirdCore
    case hummingbirdTesting
    case jwtKit, logging, metrics, nioCore, nioHTTP1, nioPosix, serviceLifecycle, unixSignals, zlib

    var dependency: Target.Dependency {
        switch self {
        case .argumentParser: .product(name: "ArgumentParser", package: "swift-argument-parser")
        case .asyncHTTPClient: .product(name: "AsyncHTTPClient", package: "async-http-client")
        case .configuration: .product(name: "Configuration", package: "swift-configuration")
        case .crypto: .product(name: "Crypto", package: "swift-crypto")
        case .grdb: .product(name: "GRDB", package: "GRDB.swift")
        case .httpTypes: .product(name: "HTTPTypes", package: "swift-http-types")
        case .hummingbird: .product(name: "Hummingbird", package: "hummingbird")
        case .hummingbirdCore: .product(name: "HummingbirdCore", package: "hummingbird")
        case .hummingbirdTesting: .product(name: "HummingbirdTesting", package: "hummingbird")
        case .jwtKit: .product(name: "JWTKit", package: "jwt-kit")
        case .logging: .product(name: "Logging", package: "swift-log")
        case .metrics: .product(name: "Metrics", package: "swift-metrics")
        case .nioCore: .product(name: "NIOCore", package: "swift-nio")
        case .nioHTTP1: .product(name: "NIOHTTP1", package: "swift-nio")
        case .nioPosix: .product(name: "NIOPosix", package: "swift-nio")
        case .serviceLifecycle: .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
        case .unixSignals: .product(name: "UnixSignals", package: "swift-service-lifecycle")
        case .zlib: "Czlib"
        }
    }
}

let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

// MARK: Rooms

struct Room {
    var name: String
    var floor: Floor
    var uses: [String] = []
    var vendors: [Vendor] = []
    var executable = false

    init(_ name: String, _ floor: Floor, uses: [String] = [], vendors: [Vendor] = [], executable: Bool = false) {
        self.name = name
        self.floor = floor
        self.uses = uses
        self.vendors = vendors
        self.executable = executable
    }
}

let rooms: [Room] = [
    Room("Vocabulary", .infrastructure),
    Room("Settings", .infrastructure, uses: ["Vocabulary"], vendors: [.configuration]),
    Room("Telemetry", .infrastructure, uses: ["Vocabulary", "Settings"], vendors: [.logging, .metrics]),
    Room("Sealing", .infrastructure, uses: ["Vocabulary"], vendors: [.crypto]),
    Room("Media", .infrastructure, vendors: [.zlib]),
    Room(
        "Egress", .infrastructure, uses: ["Vocabulary", "Settings"],
        vendors: [.asyncHTTPClient, .httpTypes, .logging, .metrics, .nioCore, .nioHTTP1, .nioPosix]),
    Room("Database", .infrastructure, uses: ["Vocabulary"]),
    Room(
        "DatabaseSQLite", .infrastructure, uses: ["Vocabulary", "Database", "Settings"],
        vendors: [.grdb, .logging, .metrics]),
    Room(
        "JobQueue", .infrastructure, uses: ["Vocabulary", "Database", "Settings"],
        vendors: [.logging, .metrics, .serviceLifecycle]),
    Room(
        "ObjectStorage", .infrastructure, uses: ["Vocabulary", "Settings"], vendors: [.crypto, .nioCore, .nioPosix]),

    Room("Tenants", .core, uses: ["Vocabulary", "Database", "Settings"]),
    Room(
        "Auth", .core, uses: ["Vocabulary", "Database", "Egress", "Tenants", "Settings"],
        vendors: [.crypto, .jwtKit, .logging, .httpTypes]),
    Room(
        "Engines", .core, uses: ["Vocabulary", "Egress", "Settings", "Media"],
        vendors: [.logging, .metrics, .nioCore, .httpTypes]),
    Room(
        "Webhooks", .core, uses: ["Vocabulary", "Database", "JobQueue", "Egress", "Settings", "Sealing"],
        vendors: [.crypto, .logging, .httpTypes]),
    Room(
        "Content", .core,
        uses: [
            "Vocabulary", "Database", "JobQueue", "ObjectStorage", "Engines", "Telemetry", "Webhooks", "Media",
            "Settings",
        ],
        vendors: [.logging, .nioCore]),

    Room(
        "WebAPI", .app,
        uses: [
            "Vocabulary", "Settings", "Sealing", "Telemetry", "Database", "JobQueue", "ObjectStorage", "Tenants",
            "Auth", "Engines",
            "Webhooks", "Content",
        ],
        vendors: [
            .crypto, .hummingbird, .hummingbirdCore, .httpTypes, .logging, .metrics, .nioCore, .nioHTTP1,
            .serviceLifecycle,
        ]),
    Room("Worker", .app, uses: ["JobQueue", "Content", "Webhooks", "WebAPI"]),
    Room(
        "Server", .app,
        uses: [
            "Vocabulary", "Settings", "Sealing", "Telemetry", "Database", "DatabaseSQLite", "JobQueue", "ObjectStorage",
            "Egress",
            "Tenants", "Auth", "Engines", "Webhooks", "Content", "WebAPI", "Worker",
        ],
        vendors: [.httpTypes, .hummingbird, .hummingbirdCore, .logging, .nioCore, .serviceLifecycle, .unixSignals]),
    Room(
        "atelier", .app,
        uses: [
            "Vocabulary", "Settings", "Telemetry", "Database", "Egress", "Tenants", "Auth", "Engines", "JobQueue",
            "Server",
        ],
        vendors: [.argumentParser, .logging, .nioCore, .httpTypes], executable: true),
]

let floors = Dictionary(uniqueKeysWithValues: rooms.map { ($0.name, $0.floor) })

/// Describes a room to SwiftPM, and refuses an edge that climbs a floor or joins two features.
func target(_ room: Room) -> Target {
    for other in room.uses {
        guard let floor = floors[other] else { fatalError("\(room.name) uses \(other), which is not a room") }
        let allowed = floor.rawValue < room.floor.rawValue || (floor == room.floor && floor != .features)
        guard allowed else { fatalError("\(room.name) (\(room.floor)) may not use \(other) (\(floor))") }
    }
    let dependencies = room.uses.map { Target.Dependency(stringLiteral: $0) } + room.vendors.map(\.dependency)
    let path = "Sources/\(room.floor.folder)/\(room.name)"
    return room.executable
        ? .executableTarget(name: room.name, dependencies: dependencies, path: path, swiftSettings: house)
        : .target(name: room.name, dependencies: dependencies, path: path, swiftSettings: house)
}

// MARK: Tests

/// What several suites share: a library target under `Tests/Support`.
func support(_ name: String, uses: [String], vendors: [Vendor] = []) -> Target {
    .target(
        name: name, dependencies: uses.map { .init(stringLiteral: $0) } + vendors.map(\.dependency),
        path: "Tests/Support/\(name)", swiftSettings: house)
}

/// The suite of one room, mirrored by floor.
func suite(_ room: String, uses: [String], vendors: [Vendor] = []) -> Target {
    let folder = floors[room].map { "\($0.folder)/" } ?? ""
    return .testTarget(
        name: "\(room)Tests", dependencies: uses.map { .init(stringLiteral: $0) } + vendors.map(\.dependency),
        path: "Tests/\(folder)\(room)Tests", swiftSettings: house)
}

let tests: [Target] = [
    support(
        "TestKit", uses: ["Vocabulary", "Database", "DatabaseSQLite"],
        vendors: [.hummingbird, .nioCore, .nioHTTP1, .nioPosix, .logging]),
    support("DatabaseExam", uses: ["Vocabulary", "Database", "TestKit"]),
    support("JobQueueExam", uses: ["Vocabulary", "Database", "JobQueue", "TestKit"], vendors: [.logging]),
    support("ObjectStorageExam", uses: ["Vocabulary", "ObjectStorage", "TestKit"], vendors: [.nioCore]),
    support(
        "ProviderDoubles", uses: ["Vocabulary", "TestKit"],
        vendors: [.hummingbird, .httpTypes, .nioCore, .nioPosix, .nioHTTP1, .logging]),

    suite("Vocabulary", uses: ["Vocabulary"]),
    suite("Settings", uses: ["Settings", "Vocabulary", "TestKit"]),
    suite("Telemetry", uses: ["Telemetry", "Settings", "Vocabulary"], vendors: [.logging, .metrics]),
    suite("Sealing", uses: ["Sealing", "Vocabulary"]),
    suite("Media", uses: ["Media"], vendors: [.zlib]),
    suite(
        "Egress", uses: ["Egress", "Settings", "Vocabulary", "TestKit", "ProviderDoubles"],
        vendors: [.nioCore, .nioPosix, .nioHTTP1, .httpTypes, .logging]),
    suite("DatabaseSQLite", uses: ["DatabaseSQLite", "Database", "Settings", "Vocabulary", "DatabaseExam", "TestKit"]),
    suite(
        "JobQueue", uses: ["JobQueue", "Database", "Settings", "Vocabulary", "JobQueueExam", "TestKit"],
        vendors: [.logging, .serviceLifecycle]),
    suite(
        "ObjectStorage", uses: ["ObjectStorage", "Settings", "Vocabulary", "ObjectStorageExam", "TestKit"],
        vendors: [.nioCore]),
    suite("Tenants", uses: ["Tenants", "Database", "DatabaseSQLite", "Settings", "Vocabulary", "TestKit"]),
    suite(
        "Auth",
        uses: ["Auth", "Tenants", "Database", "DatabaseSQLite", "Settings", "Vocabulary", "Egress", "TestKit"],
        vendors: [.jwtKit, .crypto, .logging]),
    suite(
        "Engines", uses: ["Engines", "Egress", "Media", "Settings", "Vocabulary", "TestKit", "ProviderDoubles"],
        vendors: [.nioCore, .httpTypes, .logging]),
    suite(
        "Webhooks",
        uses: [
            "Webhooks", "JobQueue", "Egress", "Database", "DatabaseSQLite", "Settings", "Sealing", "Vocabulary",
            "TestKit",
            "ProviderDoubles",
        ],
        vendors: [.nioCore, .logging]),
    suite(
        "Content",
        uses: [
            "Content", "Engines", "Webhooks", "JobQueue", "ObjectStorage", "Egress", "Database", "DatabaseSQLite",
            "Media",
            "Settings", "Sealing", "Vocabulary", "TestKit", "ProviderDoubles",
        ], vendors: [.nioCore, .logging]),
    suite(
        "WebAPI",
        uses: [
            "WebAPI", "Server", "Settings", "Sealing", "Auth", "Content", "Webhooks", "JobQueue", "Database",
            "Vocabulary", "Telemetry",
            "Engines", "ObjectStorage", "Tenants", "DatabaseSQLite", "TestKit", "ProviderDoubles",
        ], vendors: [.hummingbird, .hummingbirdTesting, .httpTypes, .nioCore, .nioPosix, .logging]),
    suite(
        "Server",
        uses: [
            "Server", "Settings", "Telemetry", "Auth", "WebAPI", "Database", "DatabaseSQLite", "Egress", "TestKit",
            "ProviderDoubles", "Vocabulary", "atelier",
        ], vendors: [.nioCore, .logging, .serviceLifecycle, .httpTypes]),
    suite("Tidy", uses: []),
]

// MARK: Benchmarks

/// A program that measures; run in the release configuration by `make bench-quick`.
func benchmark(_ name: String, uses: [String], vendors: [Vendor] = []) -> Target {
    .executableTarget(
        name: name, dependencies: uses.map { .init(stringLiteral: $0) } + vendors.map(\.dependency),
        path: "Benchmarks/\(name)", swiftSettings: house)
}

let benchmarks: [Target] = [
    benchmark("QueueBench", uses: ["Vocabulary", "Database", "DatabaseSQLite", "JobQueue"], vendors: [.logging])
]

let package = Package(
    name: "atelier",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "atelier", targets: ["atelier"])],
    dependencies: packages,
    targets: rooms.map(target) + tests + benchmarks + [
        .systemLibrary(name: "Czlib", path: "Sources/Czlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])])
    ]
)
