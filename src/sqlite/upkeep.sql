ALTER TABLE regain_dead_letter ADD COLUMN sealed BLOB;
ALTER TABLE regain_dead_letter ADD COLUMN keep_until INTEGER;
CREATE INDEX regain_dead_letter_kept ON regain_dead_letter (realm, keep_until) WHERE keep_until IS NOT NULL;

CREATE TABLE regain_checkpoint (
    realm   TEXT    NOT NULL,
    number  INTEGER NOT NULL,
    through INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    digest  BLOB    NOT NULL,
    hash    BLOB    NOT NULL,
    key     INTEGER NOT NULL,
    mac     BLOB    NOT NULL,
    marks   BLOB    NOT NULL,
    PRIMARY KEY (realm, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX regain_checkpoint_full ON regain_checkpoint (realm, number) WHERE marks <> x'';

CREATE TABLE regain_duty (
    realm TEXT    NOT NULL,
    duty  TEXT    NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (realm, duty)
) STRICT, WITHOUT ROWID;
