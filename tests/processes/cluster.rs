//! A PostgreSQL cluster of this test's own: on a free port, in a folder that goes away, to be restarted at will.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use std::ffi::OsStr;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr as _;
use std::sync::Arc;
use tempfile::TempDir;

/// How the server is stopped.
#[derive(Debug, Clone, Copy)]
pub enum Stop {
    /// Everybody is thrown out, in order.
    Fast,
    /// As if the machine had failed: it recovers from its log at the next start.
    Immediate,
}

/// Ends when it is dropped.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    folder: TempDir,
    programs: PathBuf,
    as_postgres: bool,
    port: u16,
}

/// A port that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Cluster {
    pub async fn start() -> Self {
        tokio::task::spawn_blocking(|| {
            let inner = Inner::make();
            inner.control(&["start", "-w"]);
            Self(Arc::new(inner))
        })
        .await
        .unwrap()
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.0.port)
    }

    pub async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        PgConnectOptions::from_str(&self.url())?.disable_statement_logging().connect().await
    }

    pub async fn restart(&self, how: Stop) {
        let inner = self.0.clone();
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        tokio::task::spawn_blocking(move || inner.control(&["restart", "-w", "-m", mode])).await.unwrap();
    }

    /// Cuts every connection but the one that it does this by; says how many.
    pub async fn cut_all(&self) -> u64 {
        let Ok(mut connection) = self.connect().await else { return 0 };
        let cut = sqlx::raw_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        );
        let cut = cut.fetch_all(&mut connection).await.map_or(0, |rows| rows.len());
        let _ = connection.close().await;
        u64::try_from(cut).unwrap()
    }
}

impl Inner {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let as_postgres = std::fs::metadata(folder.path()).unwrap().uid() == 0;
        let inner = Self { programs: programs(), as_postgres, port: free_port(), folder };
        let home = inner.home();
        std::fs::create_dir(&home).unwrap();
        if as_postgres {
            // The server does not run as root.
            std::fs::set_permissions(inner.folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
            succeed(Command::new("chown").arg("postgres").arg(&home));
        }
        let data = home.join("data");
        inner
            .run("initdb", &["-D", text(&data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]);
        inner
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("postgres")
    }

    fn control(&self, what: &[&str]) {
        let (data, log) = (self.home().join("data"), self.home().join("log"));
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200",
            self.port
        );
        let always = ["-D", text(&data), "-l", text(&log), "-o", &options];
        self.run("pg_ctl", &[what, &always].concat());
    }

    /// Nobody reads along: the server would keep the pipe open.
    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command =
            Command::new(if self.as_postgres { OsStr::new("runuser") } else { program.as_os_str() });
        if self.as_postgres {
            command.args(["-u", "postgres", "--"]).arg(&program);
        }
        // A folder that the server's user may enter.
        succeed(command.args(arguments).current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()));
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if self.home().join("data/postmaster.pid").exists() {
            self.control(&["stop", "-m", "immediate"]);
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub fn succeed(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}

/// Where `initdb` is: Debian keeps it out of the path.
fn programs() -> PathBuf {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&on_path).collect::<Vec<_>>();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = debian.map(|version| version.path().join("bin"));
    let all = on_path.into_iter().chain(debian);
    all.into_iter()
        .find(|folder| folder.join("initdb").exists())
        .expect("initdb; install PostgreSQL's server")
}
