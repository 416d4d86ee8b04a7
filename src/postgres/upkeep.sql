ALTER TABLE REGAIN.dead_letter ADD COLUMN sealed bytea, ADD COLUMN keep_until bigint;
CREATE INDEX dead_letter_kept ON REGAIN.dead_letter (realm, keep_until) WHERE keep_until IS NOT NULL;

CREATE TABLE REGAIN.checkpoint (
    realm   text COLLATE "C" NOT NULL,
    number  bigint NOT NULL,
    through bigint NOT NULL,
    at      bigint NOT NULL,
    digest  bytea  NOT NULL,
    hash    bytea  NOT NULL,
    key     bigint NOT NULL,
    mac     bytea  NOT NULL,
    marks   bytea  NOT NULL,
    PRIMARY KEY (realm, number)
);
CREATE INDEX checkpoint_full ON REGAIN.checkpoint (realm, number) WHERE marks <> '';

CREATE TABLE REGAIN.duty (
    realm text COLLATE "C" NOT NULL,
    duty  text COLLATE "C" NOT NULL,
    until bigint NOT NULL,
    PRIMARY KEY (realm, duty)
);
