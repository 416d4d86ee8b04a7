//! The checker is no ornament: what is taken away, doubled or exchanged behind its back, it finds. On the very database
//! and folder that it has just found clean.

use crate::checker::{Finding, judge};
use crate::evidence::{Evidence, gather};
use crate::mails::About;
use crate::people::Told;
use crate::scene::Scene;
use std::fs;
use std::path::PathBuf;

pub async fn each_is_found(scene: &Scene, clean: &Evidence) {
    let told: Vec<Told> = clean.users.iter().filter_map(|user| user.told.clone()).collect();
    let site = Site { scene, told, clean };
    site.a_mail_that_is_gone().await;
    site.a_mail_under_another_id().await;
    site.a_link_to_somebody_else().await;
    site.a_password_that_is_somebody_elses().await;
    site.a_line_of_the_audit_record().await;
    site.an_ask_that_was_answered().await;
    assert!(judge(&gather(scene, site.told.clone()).await).is_clean(), "all is put back");
}

struct Site<'a> {
    scene: &'a Scene,
    told: Vec<Told>,
    clean: &'a Evidence,
}

impl Site<'_> {
    async fn findings(&self) -> Vec<Finding> {
        judge(&gather(self.scene, self.told.clone()).await).findings
    }

    async fn database(&self, sql: &'static str) {
        let mut database = self.scene.cluster.connect().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut database).await.unwrap();
    }

    /// A file with the only copy of a notice.
    fn a_notice(&self) -> PathBuf {
        let only = |id: &str| self.clean.mails.iter().filter(|mail| mail.id == id).count() == 1;
        let notice =
            self.clean.mails.iter().find(|mail| mail.about == About::Changed && only(&mail.id)).unwrap();
        let files = fs::read_dir(&self.scene.mail_folder).unwrap().map(|file| file.unwrap().path());
        files.into_iter().find(|file| fs::read_to_string(file).unwrap().contains(&notice.id)).unwrap()
    }

    async fn a_mail_that_is_gone(&self) {
        let (file, aside) = (self.a_notice(), self.scene.mail_folder.join("aside"));
        fs::rename(&file, &aside).unwrap();
        let findings = self.findings().await;
        assert!(
            findings.iter().any(|found| matches!(found, Finding::Lost(what) if what.contains("notices"))),
            "{findings:?}"
        );
        fs::rename(aside, file).unwrap();
    }

    async fn a_mail_under_another_id(&self) {
        let text = fs::read_to_string(self.a_notice()).unwrap().replace("Message-ID: <", "Message-ID: <0");
        let copy = self.scene.mail_folder.join("999999.eml");
        fs::write(&copy, text).unwrap();
        let findings = self.findings().await;
        assert!(
            findings.iter().any(|found| matches!(found, Finding::Doubled(what) if what.contains("notices"))),
            "{findings:?}"
        );
        fs::remove_file(copy).unwrap();
    }

    async fn a_link_to_somebody_else(&self) {
        let mut people =
            self.clean.users.iter().filter(|user| user.told.as_ref().is_some_and(|told| told.signed_in));
        let (ana, bo) = (people.next().unwrap(), people.next().unwrap());
        let files = fs::read_dir(&self.scene.mail_folder).unwrap().map(|file| file.unwrap().path());
        let is_link_to_ana =
            |text: &str| text.contains("token=") && text.contains(&format!("To: {}", ana.email));
        let (file, text) = files
            .into_iter()
            .map(|file| (file.clone(), fs::read_to_string(file).unwrap()))
            .find(|(_, text)| is_link_to_ana(text))
            .unwrap();
        fs::write(&file, text.replace(&ana.email, &bo.email)).unwrap();
        let findings = self.findings().await;
        assert!(findings.iter().any(|found| matches!(found, Finding::Astray(_))), "{findings:?}");
        fs::write(file, text).unwrap();
    }

    async fn a_password_that_is_somebody_elses(&self) {
        self.database(
            "CREATE TABLE aside AS SELECT id, password FROM users WHERE id IN (SELECT max(user_id) FROM password_log);
             ALTER TABLE users DISABLE TRIGGER log_password;
             UPDATE users SET password = (SELECT password FROM users ORDER BY id LIMIT 1)
               WHERE id IN (SELECT id FROM aside)",
        )
        .await;
        let findings = self.findings().await;
        assert!(
            findings
                .iter()
                .any(|found| matches!(found, Finding::Lost(what) if what.contains("the password of"))),
            "{findings:?}"
        );
        self.database(
            "UPDATE users SET password = aside.password FROM aside WHERE users.id = aside.id; DROP TABLE aside;
             ALTER TABLE users ENABLE TRIGGER log_password",
        )
        .await;
    }

    async fn a_line_of_the_audit_record(&self) {
        self.database(
            "CREATE TABLE aside AS SELECT * FROM regain.audit WHERE event = 'password.link_sent'
               ORDER BY entry LIMIT 1;
             DELETE FROM regain.audit WHERE entry IN (SELECT entry FROM aside)",
        )
        .await;
        let findings = self.findings().await;
        assert!(
            findings.iter().any(|found| matches!(found, Finding::Lost(what) if what.contains("audit lines"))),
            "{findings:?}"
        );
        let chain = |found: &Finding| matches!(found, Finding::Lost(what) if what.contains("chain"));
        assert!(findings.iter().any(chain), "{findings:?}");
        self.database(
            "INSERT INTO regain.audit OVERRIDING SYSTEM VALUE SELECT * FROM aside; DROP TABLE aside",
        )
        .await;
    }

    async fn an_ask_that_was_answered(&self) {
        self.database(
            "CREATE TABLE aside AS SELECT * FROM regain.flow WHERE state = 'dismissed' LIMIT 1;
             DELETE FROM regain.flow WHERE id IN (SELECT id FROM aside)",
        )
        .await;
        let findings = self.findings().await;
        assert!(
            findings.iter().any(|found| matches!(found, Finding::Lost(what) if what.contains("the flow"))),
            "{findings:?}"
        );
        self.database("INSERT INTO regain.flow SELECT * FROM aside; DROP TABLE aside").await;
    }
}
