//! A host's own table on PostgreSQL whose columns ignore case and accents: `CREATE COLLATION … deterministic = false`.
//!
//! Of the gauntlet, class UNI (CVE-2024-27295): a store that compares canonical keys byte for byte passes, one that leaves
//! it to the column is caught by the same check.

#[path = "../gauntlet/look_alikes.rs"]
mod look_alikes;

use crate::{Site, on_postgres, sql};
use async_trait::async_trait;
use look_alikes::{Recoverer, check_look_alikes, check_spellings};
use regain::account::{Account, AccountStore, AddressOnFile, Applied, PasswordChange};
use regain::identity::{EmailAddress, Identifier, IdentityKey, username_key};
use regain::ids::AccountId;
use regain::postgres::SchemaName;
use regain::store::StoreError;
use regain::testing::World;
use sqlx::Row as _;
use sqlx::postgres::{PgPool, PgRow};
use std::sync::Arc;

/// A host with one table, and its way to compare.
#[derive(Clone)]
struct Host {
    pool: PgPool,
    schema: SchemaName,
    compares: &'static str,
}

/// The bytes of the keys.
const BY_BYTES: &str = "convert_to(username_key, 'UTF8') = convert_to($1, 'UTF8') OR convert_to(email_key, 'UTF8') = convert_to($2, 'UTF8')";
/// The same, said with a collation.
const BY_C: &str = "username_key = $1 COLLATE \"C\" OR email_key = $2 COLLATE \"C\"";
/// The keys, as the columns compare.
const BY_COLLATION: &str = "username_key = $1 OR email_key = $2";

impl Host {
    async fn on(site: &Site, compares: &'static str) -> Self {
        let (pool, schema) = (site.pool(2).await, site.schema());
        let create = "CREATE SCHEMA REGAIN;
            CREATE COLLATION REGAIN.loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
            CREATE TABLE REGAIN.people (
                username     text COLLATE REGAIN.loose PRIMARY KEY,
                email        text COLLATE REGAIN.loose NOT NULL,
                username_key text COLLATE REGAIN.loose NOT NULL UNIQUE,
                email_key    text COLLATE REGAIN.loose NOT NULL
            );";
        sqlx::raw_sql(sql(create, &schema)).execute(&pool).await.unwrap();
        Self { pool, schema, compares }
    }

    fn account(row: &PgRow) -> Account {
        let mut account = Account::new(AccountId::new("1").unwrap(), row.get::<String, _>("username"));
        account.addresses = vec![AddressOnFile::Email(EmailAddress::parse(row.get("email")).unwrap())];
        account
    }
}

#[async_trait]
impl AccountStore for Host {
    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Vec<Account>, StoreError> {
        let query = format!("SELECT username, email FROM REGAIN.people WHERE {}", self.compares);
        let query = sqlx::query(sql(&query, &self.schema));
        let query = query.bind(identifier.username_key()).bind(identifier.email_key());
        let rows = query.fetch_all(&self.pool).await.map_err(|error| StoreError::new("find", error))?;
        Ok(rows.iter().map(Self::account).collect())
    }

    async fn find_by_identity(&self, _: &IdentityKey) -> Result<Vec<Account>, StoreError> {
        Ok(vec![])
    }

    async fn get(&self, _: &AccountId) -> Result<Option<Account>, StoreError> {
        let query = sqlx::query(sql("SELECT username, email FROM REGAIN.people", &self.schema));
        let row = query.fetch_optional(&self.pool).await.map_err(|error| StoreError::new("get", error))?;
        Ok(row.as_ref().map(Self::account))
    }

    async fn set_password(&self, change: &PasswordChange) -> Result<Applied, StoreError> {
        Ok(change.against(None))
    }
}

impl Recoverer for Host {
    async fn mailed(&self, username: &str, address: &str, typed: &str) -> Vec<String> {
        let world = World::builder().served_accounts(Arc::new(self.clone())).build();
        sqlx::query(sql("DELETE FROM REGAIN.people", &self.schema)).execute(&self.pool).await.unwrap();
        sqlx::query(sql("INSERT INTO REGAIN.people VALUES ($1, $2, $3, $4)", &self.schema))
            .bind(username)
            .bind(address)
            .bind(username_key(username))
            .bind(EmailAddress::parse(address).unwrap().key().as_str())
            .execute(&self.pool)
            .await
            .unwrap();
        world.recovery.ask_password(&Identifier::parse(typed), &world.client()).await.unwrap();
        world.work().await;
        let to = |mail: &regain::mail::Message| match &mail.to {
            AddressOnFile::Email(address) => address.as_str().to_owned(),
            _ => unreachable!("all addresses on file are e-mail addresses"),
        };
        world.mailbox.mails().iter().map(to).collect()
    }
}

#[tokio::test]
async fn uni_cve_2024_27295_on_a_collation_that_ignores_accents_keys_are_compared_by_bytes() {
    on_postgres(async |site| {
        for compares in [BY_BYTES, BY_C] {
            let host = Host::on(site, compares).await;
            check_look_alikes(&host).await.unwrap();
            check_spellings(&host).await.unwrap();
        }
        let twin = check_look_alikes(&Host::on(site, BY_COLLATION).await).await;
        let why = twin.expect_err("the twin leaves it to the column, and is not caught");
        assert_eq!(why, "username \"jos\u{e9}\" for \"jose\" mailed [\"jose@home.example\"]");
    })
    .await;
}
