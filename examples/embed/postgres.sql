-- One after the other where several nodes start at once.
SELECT pg_advisory_xact_lock(1969710707);

-- What the host chose years ago for its searches: case and accents do not count. Who somebody is, is never decided by
-- it; and with it, no UNIQUE on the text could be.
CREATE COLLATION IF NOT EXISTS people (provider = icu, locale = 'und-u-ks-level1', deterministic = false);

CREATE TABLE IF NOT EXISTS users (
    id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login            TEXT COLLATE people NOT NULL,
    login_key        BYTEA  NOT NULL UNIQUE,
    password         TEXT COLLATE "C",
    status           TEXT COLLATE "C" NOT NULL CHECK (status IN ('active', 'locked')),
    managed          BIGINT NOT NULL DEFAULT 0,
    recoverability   TEXT   NOT NULL DEFAULT 'possible',
    recovered_by     BYTEA,
    must_change      BIGINT NOT NULL DEFAULT 0,
    email            TEXT COLLATE people,
    email_key        BYTEA,
    second_email     TEXT COLLATE people,
    second_email_key BYTEA,
    factors          TEXT   NOT NULL DEFAULT '',
    given_name       TEXT,
    family_name      TEXT,
    birth_date       TEXT,
    record_number    TEXT,
    language         TEXT
);
CREATE INDEX IF NOT EXISTS users_email ON users (email_key);
CREATE INDEX IF NOT EXISTS users_second_email ON users (second_email_key);

-- Keyed digests of what identifies a person: a look-up finds by them, and a thief reads nothing from them.
CREATE TABLE IF NOT EXISTS user_index (
    value   BYTEA  NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
    PRIMARY KEY (value, user_id)
);

-- The change of addresses that was applied last: regain may ask for it once more after a crash.
CREATE TABLE IF NOT EXISTS user_addressed_by (
    user_id BIGINT PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    change  BYTEA NOT NULL
);

-- Of the secret in a cookie only a digest is kept; beside it how strongly somebody signed in, and when.
CREATE TABLE IF NOT EXISTS user_sessions (
    digest           BYTEA   PRIMARY KEY,
    user_id          BIGINT  NOT NULL REFERENCES users ON DELETE CASCADE,
    level            TEXT    NOT NULL,
    authenticated_at BIGINT  NOT NULL,
    change_required  BIGINT  NOT NULL,
    expires_at       BIGINT  NOT NULL
);
CREATE INDEX IF NOT EXISTS user_sessions_of ON user_sessions (user_id);
