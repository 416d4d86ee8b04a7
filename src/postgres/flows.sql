-- REGAIN stands for the schema's name. Account ids and what a host writes into the audit record are bytes: PostgreSQL's
-- text knows no NUL, and no collation may have a say. All other text is regain's own, and compared byte by byte.
CREATE TABLE REGAIN.flow (
    realm      text COLLATE "C" NOT NULL,
    id         bytea   NOT NULL,
    purpose    text COLLATE "C" NOT NULL,
    version    bigint  NOT NULL,
    state      text COLLATE "C" NOT NULL,
    reason     text COLLATE "C",
    account    bytea,
    live_link  boolean NOT NULL,
    digest     bytea,
    epoch      bytea,
    factor     text COLLATE "C",
    attempts   bigint  NOT NULL,
    sealed     bytea,
    created_at bigint  NOT NULL,
    opened_at  bigint,
    expires_at bigint,
    high       bigint,
    due_at     bigint,
    PRIMARY KEY (realm, id)
);
CREATE INDEX flow_due ON REGAIN.flow (realm, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX flow_ended ON REGAIN.flow (realm, created_at) WHERE due_at IS NULL;
CREATE UNIQUE INDEX flow_live ON REGAIN.flow (realm, account, purpose) WHERE live_link;

CREATE TABLE REGAIN.outbox (
    realm      text COLLATE "C" NOT NULL,
    id         bytea   NOT NULL,
    flow       bytea   NOT NULL,
    letter     text COLLATE "C" NOT NULL,
    sealed     bytea   NOT NULL,
    attempts   bigint  NOT NULL,
    created_at bigint  NOT NULL,
    due_at     bigint  NOT NULL,
    PRIMARY KEY (realm, id)
);
CREATE INDEX outbox_due ON REGAIN.outbox (realm, due_at);

CREATE TABLE REGAIN.dead_letter (
    realm      text COLLATE "C" NOT NULL,
    id         bytea   NOT NULL,
    flow       bytea   NOT NULL,
    letter     text COLLATE "C" NOT NULL,
    attempts   bigint  NOT NULL,
    created_at bigint  NOT NULL,
    dead_at    bigint  NOT NULL,
    why        text COLLATE "C" NOT NULL,
    PRIMARY KEY (realm, id)
);
CREATE INDEX dead_letter_at ON REGAIN.dead_letter (realm, dead_at DESC, id);

-- Few rows that change often: room on each page, so that a change stays on it and touches no index.
CREATE TABLE REGAIN.budget (
    realm   text COLLATE "C" NOT NULL,
    key     bytea  NOT NULL,
    full_at bigint NOT NULL,
    log     bytea  NOT NULL,
    PRIMARY KEY (realm, key)
) WITH (fillfactor = 50);
CREATE INDEX budget_full ON REGAIN.budget (realm, full_at);

-- Numbers of an identity column are given before a commit, so a reader who goes on after the highest would miss what
-- commits late. A line has no position until somebody reads: then all that is committed gets one, in the order of entry.
CREATE TABLE REGAIN.audit (
    entry    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position bigint,
    realm    text COLLATE "C" NOT NULL,
    at       bigint NOT NULL,
    flow     bytea  NOT NULL,
    version  bigint NOT NULL,
    event    bytea  NOT NULL,
    reason   bytea,
    actor    text COLLATE "C" NOT NULL,
    account  bytea,
    client   bytea
);
CREATE UNIQUE INDEX audit_position ON REGAIN.audit (realm, position) WHERE position IS NOT NULL;
CREATE INDEX audit_new ON REGAIN.audit (realm, entry) WHERE position IS NULL;

-- The last position given in a realm.
CREATE TABLE REGAIN.audit_head (
    realm    text COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL
);
