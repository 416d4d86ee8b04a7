//! The meter beside a new password, when many use it at once.

use super::{NEW, choose};
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use regain::RecoveryError;
use regain::password::{HashPool, Password};
use regain::recovery::Chosen;
use regain::testing::World;
use std::pin::pin;
use std::sync::mpsc;

/// One thread, which is busy until the sender is dropped.
fn busy_pool() -> (HashPool, mpsc::Sender<()>) {
    let pool = HashPool::new(1, 64).expect("a thread");
    let (busy, waits) = mpsc::channel::<()>();
    let job = pool.clone();
    tokio::spawn(async move { job.run(move || waits.recv().is_err()).await });
    (pool, busy)
}

/// Four at a time: whoever signs in finds the queue as good as empty, and a meter that is one too many shows nothing.
#[tokio::test]
async fn meters_do_not_crowd_out_those_who_sign_in() {
    let (pool, busy) = busy_pool();
    let shared = pool.clone();
    let world = World::builder().configure(move |builder| builder.hash_pool(shared)).build();
    let ana = world.person("Ana").await;
    let link = world.fresh_link(&ana).await;
    tokio::task::yield_now().await;
    let typed = Password::new(NEW);
    let weigh = || world.recovery.weigh_password(&link, &typed);
    let mut waiting: Vec<_> = (0..4).map(|_| Box::pin(weigh())).collect();
    for one in &mut waiting {
        assert!(one.as_mut().now_or_never().is_none());
    }
    assert_eq!(weigh().now_or_never(), Some(Err(RecoveryError::Unavailable)));
    // Whoever goes away leaves the job in the queue, so the place is taken still.
    waiting.truncate(1);
    assert_eq!(weigh().now_or_never(), Some(Err(RecoveryError::Unavailable)));
    assert!(world.events.take().iter().all(|event| !format!("{event:?}").contains("Fault")));
    let mut setting = pin!(choose(&world, &link, NEW));
    assert!(setting.as_mut().now_or_never().is_none(), "there is no room in the queue");
    drop(busy);
    assert!(join_all(waiting).await.into_iter().all(|answer| answer.is_ok()));
    assert!(weigh().await.is_ok(), "the places are free again");
    assert_eq!(setting.await, Ok(Chosen::Done));
}
