-- The same table as on PostgreSQL, with the collation that comes nearest.
CREATE TABLE IF NOT EXISTS users (
    id               INTEGER PRIMARY KEY,
    login            TEXT    NOT NULL COLLATE NOCASE,
    login_key        BLOB    NOT NULL UNIQUE,
    password         TEXT,
    status           TEXT    NOT NULL CHECK (status IN ('active', 'locked')),
    managed          INTEGER NOT NULL DEFAULT 0,
    recoverability   TEXT    NOT NULL DEFAULT 'possible',
    recovered_by     BLOB,
    must_change      INTEGER NOT NULL DEFAULT 0,
    email            TEXT    COLLATE NOCASE,
    email_key        BLOB,
    second_email     TEXT    COLLATE NOCASE,
    second_email_key BLOB,
    factors          TEXT    NOT NULL DEFAULT '',
    given_name       TEXT,
    family_name      TEXT,
    birth_date       TEXT,
    record_number    TEXT,
    language         TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS users_email ON users (email_key);
CREATE INDEX IF NOT EXISTS users_second_email ON users (second_email_key);

CREATE TABLE IF NOT EXISTS user_index (
    value   BLOB    NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (value, user_id)
) STRICT, WITHOUT ROWID;

-- The change of addresses that was applied last: regain may ask for it once more after a crash.
CREATE TABLE IF NOT EXISTS user_addressed_by (
    user_id INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    change  BLOB NOT NULL
) STRICT;

-- Of the secret in a cookie only a digest is kept; beside it how strongly somebody signed in, and when.
CREATE TABLE IF NOT EXISTS user_sessions (
    digest           BLOB    PRIMARY KEY,
    user_id          INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    level            TEXT    NOT NULL,
    authenticated_at INTEGER NOT NULL,
    change_required  INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS user_sessions_of ON user_sessions (user_id);
