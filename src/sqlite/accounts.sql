CREATE TABLE regain_account (
    id                   TEXT    PRIMARY KEY,
    username             TEXT    NOT NULL,
    username_key         TEXT    NOT NULL UNIQUE,
    password             TEXT,
    disabled             INTEGER NOT NULL,
    may_change_password  INTEGER NOT NULL,
    must_change_password INTEGER NOT NULL,
    factors              TEXT    NOT NULL,
    given_name           TEXT,
    family_name          TEXT,
    birth_date           TEXT,
    record_number        TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE regain_account_address (
    account   TEXT    NOT NULL REFERENCES regain_account (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    email     TEXT    NOT NULL,
    email_key TEXT    NOT NULL,
    PRIMARY KEY (account, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX regain_account_email ON regain_account_address (email_key);

CREATE TABLE regain_account_index (
    value   BLOB NOT NULL,
    account TEXT NOT NULL REFERENCES regain_account (id) ON DELETE CASCADE,
    PRIMARY KEY (value, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX regain_account_index_of ON regain_account_index (account);

CREATE TABLE regain_session (
    digest     BLOB    PRIMARY KEY,
    account    TEXT    NOT NULL REFERENCES regain_account (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX regain_session_of ON regain_session (account);
