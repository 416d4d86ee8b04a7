//! BIND, MFA: an owner's factors, and what others make of their names and challenges.

use crate::kit::{Verdict, holds_and_catches};
use regain::factor::{AuthLevel, FactorId, TotpCode, TotpSecret, step_at};
use regain::security::{AuthSession, FactorLabel, SecurityInfo, TotpEnrolment};
use regain::testing::{Someone, World};
use std::cell::RefCell;
use std::collections::BTreeMap;

struct Regain {
    world: World,
    people: [Someone; 2],
}

impl Regain {
    async fn new() -> Self {
        let world = World::new();
        let people = [world.person("Ana").await, world.person("Eve").await];
        Self { world, people }
    }

    fn info(&self, who: usize, session: u8) -> SecurityInfo {
        let authenticated_at = self.world.clock.timestamp();
        let (account, level) = (self.people[who].id.clone(), AuthLevel::SecondFactor);
        let session = AuthSession { account, level, authenticated_at, binding: [session; 32] };
        self.world.recovery.security_info(&session, &self.world.client())
    }

    async fn begin(&self, who: usize, session: u8) -> (TotpEnrolment, TotpCode) {
        let label = FactorLabel::parse("My phone").unwrap();
        let begun = self.info(who, session).begin_totp(&label).await.unwrap();
        let secret = TotpSecret::import_base32(&begun.secret()).unwrap();
        (begun, secret.code(step_at(self.world.clock.timestamp()).unwrap()))
    }
}

pub mod bind {
    use super::*;

    rows! { "BIND":
        "CVE-2020-5240" => bind_cve_2020_5240_wagtail_factors_of_others,
    }

    /// Two people with a factor each; names of factors are no secrets.
    trait Factors {
        /// Somebody removes a factor by its name, or switches it off.
        async fn take_away(&self, by: usize, factor: usize) -> bool;
        async fn is_there(&self, factor: usize) -> bool;
    }

    struct Bound(Regain, [FactorId; 2]);

    impl Bound {
        async fn new() -> Self {
            let regain = Regain::new().await;
            let mut ids = [FactorId::from_bytes([0; 16]); 2];
            for (who, id) in ids.iter_mut().enumerate() {
                let (begun, code) = regain.begin(who, 1).await;
                regain.info(who, 1).confirm_totp(begun.id, &code).await.unwrap();
                *id = begun.id;
            }
            Self(regain, ids)
        }
    }

    impl Factors for Bound {
        async fn take_away(&self, by: usize, factor: usize) -> bool {
            let info = self.0.info(by, 1);
            let off = info.disable(self.1[factor]).await.is_ok();
            info.remove(self.1[factor]).await.is_ok() || off
        }

        async fn is_there(&self, factor: usize) -> bool {
            let view = self.0.info(factor, 1).list().await.unwrap();
            view.factors.iter().any(|known| known.id == self.1[factor])
        }
    }

    /// wagtail-2fa: a device was deleted by its number, whoever asked.
    struct Wagtail(RefCell<BTreeMap<usize, usize>>);

    impl Factors for Wagtail {
        async fn take_away(&self, _: usize, factor: usize) -> bool {
            self.0.borrow_mut().remove(&factor).is_some()
        }

        async fn is_there(&self, factor: usize) -> bool {
            self.0.borrow().contains_key(&factor)
        }
    }

    async fn check_owner(subject: &impl Factors) -> Verdict {
        ensure!(!subject.take_away(1, 0).await, "Eve takes Ana's factor away");
        ensure!(subject.is_there(0).await, "Ana's factor is gone");
        ensure!(subject.take_away(1, 1).await, "Eve cannot take her own factor away");
        ensure!(!subject.is_there(1).await, "Eve's factor is there still");
        ensure!(subject.is_there(0).await, "Ana's factor went with Eve's");
        Ok(())
    }

    /// wagtail-2fa: see [`Wagtail`].
    #[tokio::test]
    async fn bind_cve_2020_5240_wagtail_factors_of_others() {
        let twin = check_owner(&Wagtail(RefCell::new(BTreeMap::from([(0, 0), (1, 1)])))).await;
        holds_and_catches(check_owner(&Bound::new().await).await, twin, "Eve takes Ana's factor away");
    }
}

pub mod mfa {
    use super::*;

    rows! { "MFA":
        "CVE-2022-42731" => mfa_cve_2022_42731_django_mfa2_registration_replayed,
    }

    /// Ana enrols an app; what her browser sends can be sent again, by others too.
    trait Enrolling {
        /// The challenge that was begun in Ana's session is answered: by whom, in which session.
        async fn answer(&self, who: usize, session: u8) -> bool;
        /// How many apps are bound, of anybody.
        async fn bound(&self) -> usize;
    }

    struct Begun(Regain, FactorId, TotpCode);

    impl Begun {
        async fn new() -> Self {
            let regain = Regain::new().await;
            let (begun, code) = regain.begin(0, 1).await;
            Self(regain, begun.id, code)
        }
    }

    impl Enrolling for Begun {
        async fn answer(&self, who: usize, session: u8) -> bool {
            self.0.info(who, session).confirm_totp(self.1, &self.2).await.is_ok()
        }

        async fn bound(&self) -> usize {
            let mut bound = 0;
            for who in 0..2 {
                let view = self.0.info(who, 1).list().await.unwrap();
                bound += view.factors.iter().filter(|factor| factor.label == "My phone").count();
            }
            bound
        }
    }

    /// django-mfa2: the challenge stayed in the session after it was answered, and a recorded answer bound one more device.
    #[derive(Default)]
    struct DjangoMfa2(RefCell<usize>);

    impl Enrolling for DjangoMfa2 {
        async fn answer(&self, who: usize, session: u8) -> bool {
            let own = (who, session) == (0, 1);
            *self.0.borrow_mut() += usize::from(own);
            own
        }

        async fn bound(&self) -> usize {
            *self.0.borrow()
        }
    }

    async fn check_challenge(subject: &impl Enrolling) -> Verdict {
        ensure!(!subject.answer(0, 2).await, "another session answers the challenge");
        ensure!(!subject.answer(1, 1).await, "another account answers the challenge");
        ensure!(subject.answer(0, 1).await, "the session that began it cannot answer");
        ensure!(!subject.answer(0, 1).await, "an answered challenge is answered again");
        let bound = subject.bound().await;
        ensure!(bound == 1, "{bound} apps are bound");
        Ok(())
    }

    /// django-mfa2: see [`DjangoMfa2`].
    #[tokio::test]
    async fn mfa_cve_2022_42731_django_mfa2_registration_replayed() {
        let twin = check_challenge(&DjangoMfa2::default()).await;
        let regain = check_challenge(&Begun::new().await).await;
        holds_and_catches(regain, twin, "an answered challenge is answered again");
    }
}
