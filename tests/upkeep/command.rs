use crate::OnFile;
use std::process::{Command, Output};

/// `cargo run --example audit_verify`, as the documentation says it.
fn audit_verify(file: &OnFile, more: &[&str]) -> Output {
    std::fs::write(file.path("key"), [7; 32]).unwrap();
    Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--example", "audit_verify", "--"])
        .args(["--realm", "clinic", "--key", &format!("1={}", file.path("key").display())])
        .arg("--file")
        .arg(file.path("flows.db"))
        .args(more)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_a_whole_record_from_one_that_was_tampered_with() {
    let (file, _world) = crate::audit::on_file().await;
    let whole = audit_verify(&file, &[]);
    assert_eq!(whole.status.code(), Some(0), "{}", said(&whole));
    let anchor =
        said(&whole).lines().find_map(|line| Some(line.strip_prefix("anchor ")?.to_owned())).unwrap();
    assert_eq!(audit_verify(&file, &["--noted", &anchor]).status.code(), Some(0));

    file.change("UPDATE regain_audit SET reason = 'no_account' WHERE position = 3").await;
    let altered = audit_verify(&file, &[]);
    assert_eq!(altered.status.code(), Some(1));
    assert!(said(&altered).contains("WRONG: record 3 was altered"), "{}", said(&altered));

    file.change("DELETE FROM regain_checkpoint").await;
    file.change("DELETE FROM regain_audit").await;
    let gone = audit_verify(&file, &["--noted", &anchor]);
    assert_eq!(gone.status.code(), Some(1));
    assert!(said(&gone).contains("is not the one that was noted"), "{}", said(&gone));

    let nothing = audit_verify(&file, &["--noted", "yesterday"]);
    assert_eq!(nothing.status.code(), Some(2), "{}", said(&nothing));
}
