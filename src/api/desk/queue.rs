//! The queue.

use super::codes::{Code, OriginCode, StateCode};
use crate::api::body::Caller;
use crate::api::problem::{Of, ProblemCode, Problems};
use crate::api::{Answer, Answered, Api, when};
use crate::desk::{CaseSummary, Overdue, QueuePlace};
use crate::web::desk::CASES;
use crate::web::form;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Open cases, the oldest first.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct Queue {
    cases: Vec<CaseListed>,
    /// What `after` has to be for the cases that come next; nothing where there are none.
    next: Option<String>,
}

/// A case in the queue. Nothing personal is in it.
#[derive(Serialize, ToSchema)]
struct CaseListed {
    /// Its name in all other calls.
    case: String,
    /// What people call it when they talk to each other.
    number: String,
    state: StateCode,
    origin: OriginCode,
    /// How old it is, in seconds.
    age_seconds: i64,
    overdue: Option<Late>,
    /// Who of the staff looks after it.
    assignee: Option<String>,
    /// Until when it waits, once it is approved.
    #[schema(format = DateTime)]
    waits_until: Option<String>,
}

/// What is overdue: that somebody takes the case, or that somebody decides it.
#[derive(Serialize, ToSchema)]
#[schema(as = Overdue)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Late {
    Answer,
    Decision,
}

impl From<Overdue> for Late {
    fn from(overdue: Overdue) -> Self {
        match overdue {
            Overdue::Answer => Self::Answer,
            Overdue::Decision => Self::Decision,
        }
    }
}

pub(in crate::api) struct QueueProblems;

impl Problems for QueueProblems {
    const CODES: &'static [ProblemCode] =
        &[ProblemCode::NotStaff, ProblemCode::Invalid, ProblemCode::Unavailable];
    const HAS_BODY: bool = false;
}

/// The queue, 25 cases at a time.
#[utoipa::path(
    get, path = "/desk", operation_id = "desk_queue", tag = "desk",
    params((
        "after" = Option<String>, Query, pattern = "^[0-9]{1,18}-[0-9a-f]{32}$",
        description = "The `next` of the page before."
    )),
    responses((status = 200, description = "Open cases", body = Queue), Of<QueueProblems>)
)]
pub(in crate::api) async fn list(
    State(api): State<Arc<Api>>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Answered<Queue> {
    let clerk = api.clerk(&by).await?;
    let after = place(query.as_deref().unwrap_or_default()).ok_or(ProblemCode::Invalid)?;
    let page = clerk.on.desk.queue(&clerk.on.staff, after, CASES).await;
    let page = page.map_err(|error| clerk.told(&error))?;
    let next = page.next.map(|place| place.to_string());
    Ok(Answer(StatusCode::OK, Queue { cases: page.cases.into_iter().map(listed).collect(), next }))
}

/// Where the page begins: `None` inside is the beginning, `None` outside no place.
fn place(query: &str) -> Option<Option<QueuePlace>> {
    if form::has("after", query) {
        QueuePlace::parse(&form::only("after", query)).map(Some)
    } else {
        Some(None)
    }
}

fn listed(case: CaseSummary) -> CaseListed {
    CaseListed {
        case: case.id.to_string(),
        number: case.number,
        state: Code(case.state),
        origin: Code(case.origin),
        age_seconds: case.age.whole_seconds(),
        overdue: case.overdue.map(Late::from),
        assignee: case.assignee.map(|staff| staff.as_str().to_owned()),
        waits_until: case.waits_until.map(when),
    }
}
