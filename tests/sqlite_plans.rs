//! Every statement on the tables that grow goes by an index, on a table of any size.

use regain::sqlite::SqliteFlows;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, SqliteConnection};
use tempfile::TempDir;

const SOURCE: &str = concat!(
    include_str!("../src/sqlite/flows.rs"),
    include_str!("../src/sqlite/upkeep.rs"),
    include_str!("../src/sqlite/commit.rs"),
    include_str!("../src/sqlite/documents.rs")
);
const HOT: [&str; 4] = ["regain_flow", "regain_outbox", "regain_budget", "regain_document"];

/// A part of a statement that occurs in no other, and how its rows are found.
const INDEXES: [(&str, &str); 13] = [
    ("live_link = 1", "regain_flow_live (realm=? AND account=?)"),
    (
        "regain_flow_due WHERE realm = ? AND due_at IS NOT NULL AND due_at <=",
        "regain_flow_due (realm=? AND due_at>? AND due_at<?)",
    ),
    ("UPDATE regain_outbox SET due_at = ?, attempts", "regain_outbox_due (realm=? AND due_at<?)"),
    ("due_at IS NULL AND created_at <", "regain_flow_ended (realm=? AND created_at<?)"),
    ("AND full_at <=", "regain_budget_full (realm=? AND full_at<?)"),
    ("SELECT key, log FROM regain_budget", "PRIMARY KEY (realm=? AND key=?)"),
    ("SELECT * FROM regain_flow WHERE realm = ? AND id = ?", "PRIMARY KEY (realm=? AND id=?)"),
    (
        "SELECT * FROM regain_document WHERE realm = ? AND kind = ? AND id = ?",
        "autoindex_regain_document_1 (realm=? AND kind=? AND id=?)",
    ),
    ("kind = ? AND account = ?", "regain_document_of (realm=? AND kind=? AND account=?)"),
    ("(created_at, id) > (?, ?)", "regain_document_open (realm=? AND kind=? AND (created_at,id)>(?,?))"),
    (
        "regain_document INDEXED BY regain_document_due",
        "regain_document_due (realm=? AND due_at>? AND due_at<?)",
    ),
    ("regain_document_kept", "regain_document_kept (realm=? AND keep_until<?)"),
    ("UNION ALL", "regain_document_key (realm=? AND <expr>=?)"),
];

/// 2,000 flows that ended, 20 that live, and as many budgets and mails.
const ROWS: &str = "
    WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2020)
    INSERT INTO regain_flow (realm, id, purpose, version, state, reason, account, live_link, digest, epoch, factor,
        attempts, sealed, created_at, opened_at, expires_at, high, due_at) SELECT 'clinic', randomblob(16), 'password', 3,
        iif(i > 2000, 'link_sent', 'completed'), NULL, iif(i > 2000, 'account-' || i, NULL), i > 2000,
        iif(i > 2000, randomblob(32), NULL), NULL, NULL, 0, NULL, i, i, i + 9, i, iif(i > 2000, i + 9, NULL)
    FROM n;
    INSERT INTO regain_outbox
        SELECT realm, id, id, 'recovery_link', zeroblob(900), 0, created_at, created_at FROM regain_flow;
    INSERT INTO regain_budget SELECT realm, randomblob(32), created_at, zeroblob(12) FROM regain_flow;
    INSERT INTO regain_document SELECT realm, 'case', id, 3, account, live_link, zeroblob(300), created_at, due_at, due_at
        FROM regain_flow;
    INSERT INTO regain_document SELECT realm, 'security', id, 3, hex(id), 0, zeroblob(300), created_at, NULL, NULL
        FROM regain_flow;";

/// The statements as they stand in the source.
fn statements() -> Vec<String> {
    let literals = SOURCE.split('"').skip(1).step_by(2);
    let verbs = ["SELECT ", "UPDATE ", "DELETE ", "INSERT "];
    literals.filter(|text| verbs.iter().any(|verb| text.starts_with(verb))).map(whole).collect()
}

/// What is built from pieces, as it is with two budgets.
fn whole(text: &str) -> String {
    match text {
        "SELECT key, log FROM regain_budget WHERE realm = " => format!("{text}? AND key IN (?, ?)"),
        "INSERT INTO regain_budget (realm, key, full_at, log) " => {
            format!("{text}VALUES (?, ?, ?, ?), (?, ?, ?, ?)")
        }
        complete => complete.to_owned(),
    }
}

async fn database(folder: &TempDir) -> SqliteConnection {
    let file = folder.path().join("flows.db");
    SqliteFlows::open(&file).await.unwrap().close().await;
    let mut connection = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    sqlx::raw_sql(ROWS).execute(&mut connection).await.unwrap();
    connection
}

async fn plan(sql: &str, connection: &mut SqliteConnection) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps = sqlx::raw_sql(explain).fetch_all(connection).await;
    let steps = steps.unwrap_or_else(|error| panic!("{error}: {sql}"));
    steps.iter().map(|step| step.get("detail")).collect()
}

/// A search by realm alone reads all that the realm has: it is a scan by another name.
fn is_scan(step: &str) -> bool {
    let hot = HOT.iter().any(|table| step.split_whitespace().any(|word| word == *table));
    hot && (step.contains("SCAN") || step.contains("(realm=?)"))
}

async fn every_statement_goes_by_an_index(connection: &mut SqliteConnection) {
    // Counting what waits is for operators, and reads what waits; so does looking for old keys.
    let reads_all = |sql: &String| sql.contains("count(*)") || sql.contains("substr(sealed");
    for sql in statements().into_iter().filter(|sql| !reads_all(sql)) {
        let plan = plan(&sql, connection).await;
        assert!(!plan.iter().any(|step| is_scan(step)), "{sql}:\n{}", plan.join("\n"));
    }
}

/// The plan of the one statement that has this text in it.
async fn plan_of(text: &str, connection: &mut SqliteConnection) -> String {
    let found: Vec<String> = statements().into_iter().filter(|sql| sql.contains(text)).collect();
    let [sql] = &found[..] else { panic!("one statement with {text:?}, not {found:?}") };
    plan(sql, connection).await.join("\n")
}

#[test]
fn the_statements_are_found_in_the_source() {
    let statements = statements();
    assert!(statements.len() >= 15, "{statements:#?}");
    for table in HOT {
        for verb in ["SELECT ", "DELETE "] {
            let any = |sql: &String| sql.starts_with(verb) && sql.contains(table);
            assert!(statements.iter().any(any) || table == "regain_outbox", "{verb}{table}");
        }
    }
    assert!(!SOURCE.contains("r#\"") && !SOURCE.contains("\\\""), "literals end at the next quotation mark");
}

#[tokio::test]
async fn no_statement_scans_a_table_that_grows() {
    let folder = tempfile::tempdir().unwrap();
    every_statement_goes_by_an_index(&mut database(&folder).await).await;
}

/// A host may run ANALYZE on the file: plans must not get worse by it, whatever the tables held at that time.
#[tokio::test]
async fn no_statement_scans_a_table_that_grows_after_analyze_either() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder).await;
    for change in ["ANALYZE", "DELETE FROM regain_flow; DELETE FROM regain_outbox; ANALYZE"] {
        sqlx::raw_sql(change).execute(&mut connection).await.unwrap();
        every_statement_goes_by_an_index(&mut connection).await;
    }
}

#[tokio::test]
async fn each_hot_query_uses_the_index_that_was_made_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder).await;
    for (text, index) in INDEXES {
        let plan = plan_of(text, &mut connection).await;
        assert!(plan.contains(index), "{text}:\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "the order is that of the index, {text}:\n{plan}");
    }
}
