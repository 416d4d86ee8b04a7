ALTER TABLE REGAIN.flow ADD COLUMN code bytea;

-- An account's security record stays as long as the account: what is sealed under an old key is found without reading all.
-- The key has a column of its own, so that a row that changes under the same key touches no index.
CREATE TABLE REGAIN.document (
    realm      text COLLATE "C" NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    id         bytea   NOT NULL,
    version    bigint  NOT NULL,
    account    bytea,
    open       boolean NOT NULL,
    sealed     bytea   NOT NULL,
    seal_key   bytea   NOT NULL GENERATED ALWAYS AS (substr(sealed, 1, 4)) STORED,
    created_at bigint  NOT NULL,
    due_at     bigint,
    keep_until bigint,
    PRIMARY KEY (realm, kind, id)
);
CREATE INDEX document_of ON REGAIN.document (realm, kind, account, created_at, id) WHERE account IS NOT NULL;
CREATE INDEX document_open ON REGAIN.document (realm, kind, created_at, id) WHERE open;
CREATE INDEX document_due ON REGAIN.document (realm, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX document_kept ON REGAIN.document (realm, keep_until) WHERE keep_until IS NOT NULL;
CREATE INDEX document_key ON REGAIN.document (realm, seal_key);
