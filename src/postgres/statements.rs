//! What is said to the tables besides commits.
//!
//! Columns are named: a newer regain may have added some, while this one still runs on another node.

macro_rules! flow {
    () => {
        "realm, id, purpose, version, state, reason, account, live_link, digest, code, epoch, factor, attempts,
         sealed, created_at, opened_at, expires_at, high, due_at"
    };
}
macro_rules! mail {
    () => {
        "realm, id, flow, letter, sealed, attempts, created_at, due_at"
    };
}
macro_rules! document {
    () => {
        "realm, kind, id, version, account, open, sealed, created_at, due_at, keep_until"
    };
}
macro_rules! dead_letter {
    () => {
        "id, flow, letter, attempts, created_at, dead_at, why, sealed, keep_until"
    };
}
macro_rules! checkpoint {
    () => {
        "realm, number, through, at, digest, hash, key, mac, marks"
    };
}

pub(super) const LOAD: &str = concat!("SELECT ", flow!(), " FROM REGAIN.flow WHERE realm = $1 AND id = $2");
pub(super) const LIVE_LINKS: &str =
    concat!("SELECT ", flow!(), " FROM REGAIN.flow WHERE realm = $1 AND account = $2 AND live_link");
pub(super) const DOCUMENT: &str =
    concat!("SELECT ", document!(), " FROM REGAIN.document WHERE realm = $1 AND kind = $2 AND id = $3");
pub(super) const DOCUMENTS_OF: &str = concat!(
    "SELECT ",
    document!(),
    " FROM REGAIN.document WHERE realm = $1 AND kind = $2 AND account = $3
     ORDER BY created_at DESC, id DESC LIMIT $4"
);
pub(super) const OPEN_DOCUMENTS: &str = concat!(
    "SELECT ",
    document!(),
    " FROM REGAIN.document WHERE realm = $1 AND kind = $2 AND open AND (created_at, id) > ($3, $4)
     ORDER BY created_at, id LIMIT $5"
);
pub(super) const AUDIT: &str =
    "SELECT position, realm, at, flow, version, event, reason, actor, account, client
     FROM REGAIN.audit WHERE realm = $1 AND position > $2 ORDER BY position LIMIT $3";
pub(super) const CHECKPOINTS: &str = concat!(
    "SELECT ",
    checkpoint!(),
    " FROM REGAIN.checkpoint WHERE realm = $1 AND number > $2 ORDER BY number LIMIT $3"
);
pub(super) const LAST_CHECKPOINT: &str = concat!(
    "SELECT ",
    checkpoint!(),
    " FROM REGAIN.checkpoint WHERE realm = $1 ORDER BY number DESC LIMIT 1"
);
pub(super) const DEAD_LETTER: &str =
    concat!("SELECT ", dead_letter!(), " FROM REGAIN.dead_letter WHERE realm = $1 AND id = $2");
pub(super) const DEAD_LETTERS: &str = concat!(
    "SELECT ",
    dead_letter!(),
    " FROM REGAIN.dead_letter WHERE realm = $1 ORDER BY dead_at DESC, id LIMIT $2"
);

pub(super) const NUMBER: &str = "WITH
     new AS (SELECT entry, row_number() OVER (ORDER BY entry) AS place FROM
       (SELECT entry FROM REGAIN.audit WHERE realm = $1 AND position IS NULL ORDER BY entry LIMIT $2) AS next),
     numbered AS (UPDATE REGAIN.audit AS audit SET position = head.position + new.place
       FROM new, REGAIN.audit_head AS head
       WHERE head.realm = $1 AND audit.entry = new.entry RETURNING audit.entry)
     UPDATE REGAIN.audit_head SET position = position + (SELECT count(*) FROM numbered) WHERE realm = $1";

// By the place of the row, which is locked and cannot move: whatever a planner knows of the table, it goes there at once.
pub(super) const CLAIM_FLOWS: &str = concat!(
    "WITH due AS (SELECT ctid FROM REGAIN.flow WHERE realm = $1 AND due_at IS NOT NULL AND due_at <= $2
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE REGAIN.flow SET due_at = $4 WHERE ctid = ANY(ARRAY(SELECT ctid FROM due)) RETURNING ",
    flow!()
);
pub(super) const CLAIM_MAILS: &str = concat!(
    "WITH due AS (SELECT ctid FROM REGAIN.outbox WHERE realm = $1 AND due_at <= $2
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE REGAIN.outbox SET due_at = $4, attempts = attempts + 1
     WHERE ctid = ANY(ARRAY(SELECT ctid FROM due)) RETURNING ",
    mail!()
);
pub(super) const CLAIM_DOCUMENTS: &str = concat!(
    "WITH due AS (SELECT ctid FROM REGAIN.document WHERE realm = $1 AND due_at IS NOT NULL AND due_at <= $2
       ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE REGAIN.document SET due_at = $4 WHERE ctid = ANY(ARRAY(SELECT ctid FROM due)) RETURNING ",
    document!()
);
pub(super) const SWEEP_FLOWS: &str =
    "WITH old AS (SELECT ctid FROM REGAIN.flow WHERE realm = $1 AND due_at IS NULL AND created_at < $2
       ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     DELETE FROM REGAIN.flow WHERE ctid = ANY(ARRAY(SELECT ctid FROM old)) RETURNING 1";
pub(super) const SWEEP_BUDGETS: &str =
    "WITH old AS (SELECT ctid FROM REGAIN.budget WHERE realm = $1 AND full_at <= $2
       ORDER BY full_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     DELETE FROM REGAIN.budget WHERE ctid = ANY(ARRAY(SELECT ctid FROM old)) RETURNING 1";
pub(super) const SWEEP_DEAD: &str =
    "WITH old AS (SELECT ctid FROM REGAIN.dead_letter WHERE realm = $1 AND dead_at < $2
       ORDER BY dead_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     DELETE FROM REGAIN.dead_letter WHERE ctid = ANY(ARRAY(SELECT ctid FROM old)) RETURNING 1";

pub(super) const SWEEP_DOCUMENTS: &str =
    "WITH old AS (SELECT ctid FROM REGAIN.document WHERE realm = $1 AND keep_until <= $2
       ORDER BY keep_until LIMIT $3 FOR UPDATE SKIP LOCKED)
     DELETE FROM REGAIN.document WHERE ctid = ANY(ARRAY(SELECT ctid FROM old)) RETURNING 1";

pub(super) const FORGET_SEALED: &str =
    "WITH old AS (SELECT ctid FROM REGAIN.dead_letter WHERE realm = $1 AND keep_until <= $2
       ORDER BY keep_until LIMIT $3 FOR UPDATE SKIP LOCKED)
     UPDATE REGAIN.dead_letter SET sealed = NULL, keep_until = NULL
     WHERE ctid = ANY(ARRAY(SELECT ctid FROM old)) RETURNING 1";
