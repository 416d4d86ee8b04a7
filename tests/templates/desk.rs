//! The support desk on pages of the host's.

use super::{MARK, Portal, hidden, whole};
use async_trait::async_trait;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use regain::desk::{Desk, DeskHost, Ial, Staff, StaffId, StaffRole, Subject};
use regain::ids::AccountId;
use regain::store::StoreError;
use regain::testing::World;
use regain::web::{self, ClientAddress, StaffHost, WebConfig};
use std::sync::Arc;

/// Everybody who asks is Ida of the staff.
struct Host;

#[async_trait]
impl DeskHost for Host {
    async fn subject(&self, _: &AccountId) -> Result<Option<Subject>, StoreError> {
        Ok(Some(Subject { staff: None, enrolled_at: Ial::One }))
    }
}

#[async_trait]
impl StaffHost for Host {
    async fn signed_in(&self, _: &HeaderMap) -> Result<Option<Staff>, StoreError> {
        Ok(Some(Staff::new(StaffId::new("ida").expect("a name"), StaffRole::ranked(10))))
    }

    async fn account(&self, typed: &str) -> Result<Option<AccountId>, StoreError> {
        Ok(AccountId::new(typed).ok())
    }
}

fn office() -> Portal {
    let world = World::new();
    let desk = Desk::builder(world.recovery.clone(), Arc::new(Host)).risk_analysis("Risks of 2026").build();
    let (desk, templates) = (desk.unwrap(), whole().build(&world.recovery).unwrap());
    let config = WebConfig::new(ClientAddress::None).templates(templates);
    let app =
        web::help_router(desk.clone(), config.clone()).merge(web::desk_router(desk, Arc::new(Host), config));
    Portal { world, app, ..Portal::plain() }
}

#[tokio::test]
async fn a_case_from_what_a_person_wrote_to_a_note_of_staff() {
    let office = office();
    let ana = office.world.person("Ana").await;
    let asked =
        office.post("/recovery/help", &[("text", "My phone <b>is gone"), ("reach", "555 0100")]).await;
    assert!(asked.status == StatusCode::OK && asked.body.contains(MARK), "{}", asked.body);
    office.world.work().await;
    let queue = office.get("/recovery/desk").await;
    let (_, link) = queue.body.split_once("/desk/case?id=").expect("a case");
    let case = link.split('"').next().expect("an id").to_owned();
    let page = office.get(&format!("/recovery/desk/case?id={case}")).await;
    assert!(page.body.contains("My phone &lt;b&gt;is gone") && page.body.contains(MARK), "{}", page.body);

    // Each form carries the version that its page showed.
    for (step, name, value) in [("concern", "account", ana.id.as_str()), ("note", "text", "Called <i>back")] {
        let page = office.get(&format!("/recovery/desk/case?id={case}")).await;
        let version = hidden(&page, "version");
        let fields = [("case", case.as_str()), ("version", version.as_str()), (name, value)];
        let done = office.post(&format!("/recovery/desk/{step}"), &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{step}: {}", done.body);
        assert!(done.headers[LOCATION].to_str().unwrap().ends_with(&case));
    }
    let page = office.get(&format!("/recovery/desk/case?id={case}")).await;
    assert!(page.body.contains("Called &lt;i&gt;back"), "{}", page.body);
    let old = [("case", case.as_str()), ("version", "0"), ("text", "Too late")];
    let again = office.post("/recovery/desk/note", &old).await;
    assert!(again.status != StatusCode::SEE_OTHER && again.body.contains(MARK), "{}", again.body);
}
