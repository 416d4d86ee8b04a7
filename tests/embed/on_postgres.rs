//! The same on PostgreSQL, where the columns that people see have a collation under which "míke" equals "mike".

use crate::named::Named;
use crate::users::Users;
use crate::{
    a_new_password_ends_all_sessions_of_its_user_and_of_nobody_else, ids_are_numbers_as_they_are_printed,
    users_are_added_once,
};
use futures_util::FutureExt as _;
use regain::testing::contract::{account_store_contract, address_contract};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::str::FromStr as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// A database, and the schemas that a test made in it.
#[derive(Default)]
struct Site(Mutex<Vec<String>>);

fn url() -> String {
    std::env::var("REGAIN_POSTGRES").expect(
        "set REGAIN_POSTGRES to the URL of a database for tests, such as postgres://postgres@127.0.0.1:5432/regain_test",
    )
}

async fn raw() -> PgConnection {
    PgConnectOptions::from_str(&url()).unwrap().connect().await.unwrap()
}

impl Site {
    /// The URL of an empty schema: the host's statements name none.
    async fn schema(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let schema = format!("embed_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        self.0.lock().unwrap().push(schema.clone());
        let create = AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::raw_sql(create).execute(&mut raw().await).await.unwrap();
        let (url, joint) = (url(), if url().contains('?') { '&' } else { '?' });
        format!("{url}{joint}options[search_path]={schema}")
    }
}

/// Runs a test, and drops its schemas.
async fn on_postgres(test: impl AsyncFnOnce(&Site)) {
    let site = Site::default();
    let done = AssertUnwindSafe(test(&site)).catch_unwind().await;
    let schemas = std::mem::take(&mut *site.0.lock().unwrap());
    for schema in schemas {
        let drop = AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE"));
        sqlx::raw_sql(drop).execute(&mut raw().await).await.unwrap();
    }
    done.unwrap_or_else(|panic| resume_unwind(panic));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_table_on_postgres_keeps_the_contract() {
    on_postgres(async |site| {
        account_store_contract(async |accounts, index| {
            let users = Users::connect(&site.schema().await).await.unwrap();
            Arc::new(Named::add(users, accounts, &index).await)
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_on_postgres_keep_the_contract() {
    on_postgres(async |site| {
        address_contract(async |accounts, index| {
            let users = Users::connect(&site.schema().await).await.unwrap();
            Arc::new(Named::add(users, accounts, &index).await)
        })
        .await;
    })
    .await;
}

/// Else the contract's look-alikes would prove nothing here.
#[tokio::test(flavor = "multi_thread")]
async fn the_collation_of_the_table_is_a_trap() {
    on_postgres(async |site| {
        let users = Users::connect(&site.schema().await).await.unwrap();
        users.add(&[crate::somebody("mike")], &crate::index()).await.unwrap();
        for typed in ["MIKE", "m\u{ed}ke", "mike\u{200b}"] {
            let by_login = sqlx::query("SELECT count(*) FROM users WHERE login = $1").bind(typed);
            let count: i64 = by_login.fetch_one(users.pool()).await.unwrap().try_get(0).unwrap();
            assert_eq!(count, 1, "{typed:?} is mike to the database");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_on_postgres_end_with_the_password() {
    on_postgres(async |site| {
        let users = Users::connect(&site.schema().await).await.unwrap();
        a_new_password_ends_all_sessions_of_its_user_and_of_nobody_else(&users).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_on_postgres_are_numbers_as_they_are_printed() {
    on_postgres(async |site| {
        ids_are_numbers_as_they_are_printed(&Users::connect(&site.schema().await).await.unwrap()).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_on_postgres_are_added_once() {
    on_postgres(async |site| {
        let url = site.schema().await;
        let nodes = futures_util::future::join_all((0..4).map(|_| Users::connect(&url))).await;
        let nodes: Vec<Users> = nodes.into_iter().map(Result::unwrap).collect();
        users_are_added_once(&nodes).await;
    })
    .await;
}
