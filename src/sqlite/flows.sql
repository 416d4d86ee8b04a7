CREATE TABLE regain_flow (
    realm      TEXT    NOT NULL,
    id         BLOB    NOT NULL,
    purpose    TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    reason     TEXT,
    account    TEXT,
    live_link  INTEGER NOT NULL,
    digest     BLOB,
    epoch      BLOB,
    factor     TEXT,
    attempts   INTEGER NOT NULL,
    sealed     BLOB,
    created_at INTEGER NOT NULL,
    opened_at  INTEGER,
    expires_at INTEGER,
    high       INTEGER,
    due_at     INTEGER,
    PRIMARY KEY (realm, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX regain_flow_due ON regain_flow (realm, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX regain_flow_ended ON regain_flow (realm, created_at) WHERE due_at IS NULL;
CREATE UNIQUE INDEX regain_flow_live ON regain_flow (realm, account, purpose) WHERE live_link = 1;

CREATE TABLE regain_outbox (
    realm      TEXT    NOT NULL,
    id         BLOB    NOT NULL,
    flow       BLOB    NOT NULL,
    letter     TEXT    NOT NULL,
    sealed     BLOB    NOT NULL,
    attempts   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    UNIQUE (realm, id)
) STRICT;
CREATE INDEX regain_outbox_due ON regain_outbox (realm, due_at);

CREATE TABLE regain_dead_letter (
    realm      TEXT    NOT NULL,
    id         BLOB    NOT NULL,
    flow       BLOB    NOT NULL,
    letter     TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    dead_at    INTEGER NOT NULL,
    why        TEXT    NOT NULL,
    UNIQUE (realm, id)
) STRICT;
CREATE INDEX regain_dead_letter_at ON regain_dead_letter (realm, dead_at);

CREATE TABLE regain_budget (
    realm   TEXT    NOT NULL,
    key     BLOB    NOT NULL,
    full_at INTEGER NOT NULL,
    log     BLOB    NOT NULL,
    PRIMARY KEY (realm, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX regain_budget_full ON regain_budget (realm, full_at);

CREATE TABLE regain_audit (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    realm    TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    flow     BLOB    NOT NULL,
    version  INTEGER NOT NULL,
    event    TEXT    NOT NULL,
    reason   TEXT,
    actor    TEXT    NOT NULL,
    account  BLOB,
    client   BLOB
) STRICT;
CREATE INDEX regain_audit_realm ON regain_audit (realm, position);
