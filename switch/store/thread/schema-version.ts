// Apart from the migrations, so that a start without any need not load them.

/** The number of migrations; also the database's user_version. */
export const SCHEMA_VERSION = 2;
