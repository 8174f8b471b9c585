import Database

// GRDB has types of these names too, so the files that import both use these.
typealias SeamError = DatabaseError
typealias SeamRow = Row
