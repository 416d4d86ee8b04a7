//! A PostgreSQL server of a test's own, to be stopped, filled up, copied and misconfigured. It fails where it cannot be
//! had: it needs the server's programs, and root or a user who may run them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Running from the start until it is dropped.
pub(crate) struct Cluster {
    pub(crate) port: u16,
    folder: TempDir,
    small: Option<PathBuf>,
}

impl Cluster {
    /// Everybody is let in without a password, by TCP only and without TLS.
    pub(crate) fn start() -> Self {
        let cluster = Self::at_a_free_port();
        let data = cluster.data();
        let made =
            cluster.run("initdb", &["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", &data]);
        assert!(made, "a cluster can be made");
        cluster.configure("fsync = off\nmax_connections = 60\nshared_buffers = 16MB\n");
        cluster.up();
        cluster
    }

    /// A copy that follows this one and only reads.
    pub(crate) fn standby(&self) -> Self {
        let standby = Self::at_a_free_port();
        let (data, from) = (standby.data(), format!("host=127.0.0.1 port={} user=postgres", self.port));
        let copied = standby.run(
            "pg_basebackup",
            &["-R", "-X", "stream", "-c", "fast", "--no-sync", "-D", &data, "-d", &from],
        );
        assert!(copied, "the primary can be copied");
        standby.configure("");
        standby.up();
        standby
    }

    fn at_a_free_port() -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let cluster = Self { port, folder, small: None };
        cluster.give_to_the_server(cluster.folder.path());
        cluster
    }

    /// Appends to the configuration.
    pub(crate) fn configure(&self, lines: &str) {
        let file = self.folder.path().join("data/postgresql.conf");
        let here = format!(
            "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nport = {}\n{lines}",
            self.port
        );
        let old = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{old}\n{here}")).unwrap();
    }

    /// Who is let in, and how; from the next [`Cluster::reload`] on.
    pub(crate) fn let_in(&self, rules: &str) {
        std::fs::write(self.folder.path().join("data/pg_hba.conf"), rules).unwrap();
        self.control(&["reload"]);
    }

    pub(crate) fn up(&self) {
        let log = self.folder.path().join("log");
        self.control(&["-w", "-t", "60", "-l", log.to_str().unwrap(), "start"]);
    }

    /// At once, as if the power had failed: nobody is told goodbye.
    pub(crate) fn down(&self) {
        self.control(&["-w", "-m", "immediate", "stop"]);
    }

    /// A standby becomes a primary.
    pub(crate) fn promote(&self) {
        self.control(&["-w", "promote"]);
    }

    /// A file system of 12 MB that the server can write to; it goes with the cluster.
    pub(crate) fn small_disk(&mut self) -> String {
        let small = self.folder.path().join("small");
        std::fs::create_dir(&small).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=12m", "tmpfs"]).arg(&small).status();
        assert!(mounted.unwrap().success(), "this test mounts a small file system: it needs to be root");
        self.give_to_the_server(&small);
        self.small = Some(small.clone());
        small.to_str().unwrap().to_owned()
    }

    pub(crate) fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").to_str().unwrap().to_owned()
    }

    fn control(&self, what: &[&str]) {
        let data = self.data();
        let arguments = [&["-D", data.as_str(), "-s"], what].concat();
        let done = self.run("pg_ctl", &arguments);
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(done, "pg_ctl {what:?}\n{log}");
    }

    /// The server does not run as root.
    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        let program = programs().join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command.status().unwrap().success()
    }

    fn give_to_the_server(&self, folder: &Path) {
        if is_root() {
            assert!(Command::new("chown").arg("postgres:").arg(folder).status().unwrap().success());
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.folder.path().join("data/postmaster.pid").exists() {
            self.run("pg_ctl", &["-D", &self.data(), "-s", "-w", "-m", "immediate", "stop"]);
        }
        if let Some(small) = &self.small {
            let _ = Command::new("umount").arg(small).status();
        }
    }
}

fn is_root() -> bool {
    std::env::var_os("EUID").is_some_and(|id| id == "0")
        || Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.starts_with(b"0\n"))
}

/// Of the newest version that is installed.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL's programs are installed");
    let number = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = versions.map(|version| version.unwrap().path()).max_by_key(number);
    newest.expect("a version of PostgreSQL is installed").join("bin")
}
