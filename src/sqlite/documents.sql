ALTER TABLE regain_flow ADD COLUMN code BLOB;

CREATE TABLE regain_document (
    realm      TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    id         BLOB    NOT NULL,
    version    INTEGER NOT NULL,
    account    TEXT,
    open       INTEGER NOT NULL,
    sealed     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    due_at     INTEGER,
    keep_until INTEGER,
    UNIQUE (realm, kind, id)
) STRICT;
CREATE INDEX regain_document_of ON regain_document (realm, kind, account, created_at, id) WHERE account IS NOT NULL;
CREATE INDEX regain_document_open ON regain_document (realm, kind, created_at, id) WHERE open = 1;
CREATE INDEX regain_document_due ON regain_document (realm, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX regain_document_kept ON regain_document (realm, keep_until) WHERE keep_until IS NOT NULL;
-- An account's security record stays as long as the account: what is sealed under an old key is found without reading all.
CREATE INDEX regain_document_key ON regain_document (realm, substr(sealed, 1, 4));
